"""The kit's database, by Django's own connection.

Owns: the way of a statement to that connection. Must not: open a second one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db import connections, transaction

from nextim_site.db import Dialect, Row, expand, repeat

T = TypeVar("T")
_DIALECTS: dict[str, Dialect] = {"sqlite": "sqlite", "mysql": "mysql", "postgresql": "pgsql"}


class DjangoDb:
    """One of the databases of `DATABASES`."""

    def __init__(self, alias: str, prefix: str = "") -> None:
        self.prefix = prefix
        self.dialect: Dialect = _DIALECTS[connections[alias].vendor]
        self._alias = alias

    def rows(self, sql: str, args: Sequence[object] = ()) -> list[Row]:
        """Reads rows."""
        return self._execute(sql, args, lambda cursor: list(cursor.fetchall()))

    def run(self, sql: str, args: Sequence[object] = ()) -> int:
        """Runs a statement."""
        return self._execute(sql, args, lambda cursor: int(cursor.rowcount))

    def insert(self, sql: str, args: Sequence[object] = ()) -> int:
        """Inserts a row, and returns its number."""
        if self.dialect == "pgsql":
            found = self.rows(f"{sql} RETURNING id", args)
            return int(found[0][0]) if found else 0
        return self._execute(sql, args, lambda cursor: int(cursor.lastrowid or 0) if cursor.rowcount > 0 else 0)

    def atomic(self, fn: Callable[[], T]) -> T:
        """Runs `fn` in one transaction. A transaction that lost to another runs again."""

        def run() -> T:
            with transaction.atomic(using=self._alias):
                return fn()

        return self._repeat(run)

    def _execute(self, sql: str, args: Sequence[object], read: Callable[[Any], T]) -> T:
        def run() -> T:
            with connections[self._alias].cursor() as cursor:
                cursor.execute(expand(sql, self.prefix, "%s"), list(args))
                return read(cursor)

        return self._repeat(run)

    def _repeat(self, run: Callable[[], T]) -> T:
        """Within a transaction only the whole of it can run again."""
        return run() if connections[self._alias].in_atomic_block else repeat(run)
