"""The database, as the kit uses it.

Owns: the interface, the form of statements, and the connections of a DB-API driver. Must not: know a table.

Statements have `?` for each value and `{p}` before each name of a table. There is no other `?` in them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Literal, Protocol, TypeVar

from .limits import DEADLOCKS_MAX

T = TypeVar("T")
Dialect = Literal["sqlite", "mysql", "pgsql"]
Row = Sequence[Any]


class Db(Protocol):
    """A database. Outside `atomic` each statement is a transaction of its own: a second look must see what others have
    stored since the first."""

    dialect: Dialect
    prefix: str

    def rows(self, sql: str, args: Sequence[object] = ()) -> list[Row]:
        """Reads rows."""

    def run(self, sql: str, args: Sequence[object] = ()) -> int:
        """Runs a statement. Returns how many rows it changed; only trustworthy for inserts that may be ignored."""

    def insert(self, sql: str, args: Sequence[object] = ()) -> int:
        """Inserts a row. Returns the number that the database gave it (the column `id`), or 0 if it was ignored."""

    def atomic(self, fn: Callable[[], T]) -> T:
        """Runs `fn` in one transaction. It must be short, and call nothing but the database."""


@lru_cache(maxsize=512)
def expand(sql: str, prefix: str, mark: str = "?") -> str:
    """A statement with the names of its tables, and with the driver's mark for values."""
    sql = sql.replace("{p}", f"{prefix}nextim_")
    return sql if mark == "?" else sql.replace("%", "%%").replace("?", mark)


def marks(values: Sequence[object]) -> str:
    """A `?` for each value, for `IN (…)`."""
    return ",".join("?" * len(values))


def insert_new(dialect: Dialect, into: str) -> str:
    """An insert (`TABLE (COLUMNS) VALUES (…)` or a query) that does nothing if such a row is there."""
    return f"INSERT IGNORE INTO {into}" if dialect == "mysql" else f"INSERT INTO {into} ON CONFLICT DO NOTHING"


def lock_rows(dialect: Dialect) -> str:
    """The end of a query whose rows nobody else changes until the transaction ends. SQLite has one transaction after
    another."""
    return "" if dialect == "sqlite" else " FOR UPDATE"


def upsert(dialect: Dialect, key: str, *columns: str) -> str:
    """The end of an insert that, if such a row is there, replaces these columns of it."""
    if dialect == "mysql":
        return "ON DUPLICATE KEY UPDATE " + ", ".join(f"{column} = VALUES({column})" for column in columns)
    return f"ON CONFLICT ({key}) DO UPDATE SET " + ", ".join(f"{column} = excluded.{column}" for column in columns)


def text(value: Any) -> str:
    """A text of a row. MySQL answers ids as bytes, because they are compared as such."""
    return bytes(value).decode() if isinstance(value, bytes | bytearray | memoryview) else str(value)


class DbApi:
    """The database behind a driver of Python's DB-API: sqlite3, PyMySQL, mysqlclient, psycopg or pg8000.

    Each thread has a connection of its own. One that is lost is replaced, and the statement runs once more."""

    def __init__(self, connect: Callable[[], Any], dialect: Dialect, prefix: str = "") -> None:
        self.dialect: Dialect = dialect
        self.prefix = prefix
        self._connect = connect
        self._mark = "?" if dialect == "sqlite" else "%s"
        self._local = threading.local()

    def rows(self, sql: str, args: Sequence[object] = ()) -> list[Row]:
        """Reads rows."""
        return self._step(lambda connection: self._execute(connection, sql, args, lambda c: list(c.fetchall())))

    def run(self, sql: str, args: Sequence[object] = ()) -> int:
        """Runs a statement."""
        return self._step(lambda connection: self._execute(connection, sql, args, lambda c: int(c.rowcount)))

    def insert(self, sql: str, args: Sequence[object] = ()) -> int:
        """Inserts a row, and returns its number."""
        if self.dialect == "pgsql":
            found = self.rows(f"{sql} RETURNING id", args)
            return int(found[0][0]) if found else 0
        number = self._execute_insert
        return self._step(lambda connection: self._execute(connection, sql, args, number))

    @staticmethod
    def _execute_insert(cursor: Any) -> int:
        return int(cursor.lastrowid or 0) if cursor.rowcount > 0 else 0

    def atomic(self, fn: Callable[[], T]) -> T:
        """Runs `fn` in one transaction. A transaction that lost to another runs again."""
        if self._is_in_atomic():
            return fn()
        return repeat(lambda: self._on_connection(lambda: self._transaction(fn)))

    def close(self) -> None:
        """Closes the connection of this thread."""
        connection = getattr(self._local, "connection", None)
        self._local.connection = None
        if connection is not None:
            try:
                connection.close()
            except Exception:  # It is lost anyway.
                return

    def _transaction(self, fn: Callable[[], T]) -> T:
        connection = self._connection()
        self._local.depth = 1
        try:
            if self.dialect == "sqlite":
                connection.execute("BEGIN IMMEDIATE")
            result = fn()
            connection.commit()
            return result
        except BaseException:
            self._roll_back(connection)
            raise
        finally:
            self._local.depth = 0

    def _step(self, use: Callable[[Any], T]) -> T:
        if self._is_in_atomic():
            return use(self._connection())
        return repeat(lambda: self._on_connection(lambda: self._one(use)))

    def _on_connection(self, use: Callable[[], T]) -> T:
        """Runs `use`, once more if the connection is lost."""
        try:
            return use()
        except Exception:
            if not self._is_lost():
                raise
        return use()

    def _one(self, use: Callable[[Any], T]) -> T:
        connection = self._connection()
        try:
            result = use(connection)
            connection.commit()
            return result
        except BaseException:
            self._roll_back(connection)
            raise

    def _execute(self, connection: Any, sql: str, args: Sequence[object], read: Callable[[Any], T]) -> T:
        cursor = connection.cursor()
        try:
            cursor.execute(expand(sql, self.prefix, self._mark), tuple(args))
            return read(cursor)
        finally:
            cursor.close()

    def _connection(self) -> Any:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._connect()
            if self.dialect == "sqlite":
                # Transactions begin where `atomic` says, and with the right to write: one that begins by reading may
                # find that another has written since.
                connection.isolation_level = None
            self._local.connection = connection
        return connection

    def _is_in_atomic(self) -> bool:
        return getattr(self._local, "depth", 0) > 0

    def _is_lost(self) -> bool:
        return getattr(self._local, "connection", None) is None

    def _roll_back(self, connection: Any) -> None:
        """Ends a failed transaction. A connection on which that fails is lost, and the next statement opens another."""
        try:
            connection.rollback()
        except Exception:
            self.close()


def repeat(use: Callable[[], T]) -> T:
    """Runs a transaction, and again if the database ended it in favour of another."""
    for _ in range(DEADLOCKS_MAX):
        try:
            return use()
        except Exception as error:
            if not is_deadlock(error):
                raise
    return use()


def is_deadlock(error: BaseException) -> bool:
    """Whether the database ended a transaction in favour of another."""
    state = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
    cause = error.__cause__
    number = error.args[0] if error.args else None
    return state in ("40P01", "40001") or number in (1205, 1213) or (cause is not None and is_deadlock(cause))
