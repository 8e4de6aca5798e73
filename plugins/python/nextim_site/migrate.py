"""The tables, and how they come to their present form.

Owns: the numbers of the steps, which `own` keeps, and the removal of everything. Must not: drop anything but in
`uninstall`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.resources import files

from . import own
from .db import Db
from .limits import LOCK_WAIT_S

SCHEMA = 2
"""The number of the last step."""
TABLES = (
    *("messages", "talks", "marks", "room_clears", "settings", "tickets", "chat_passwords", "blocks"),
    *("reactions", "files", "reports", "subscriptions", "acts", "rates", "meta"),
)


def schema(db: Db) -> int:
    """The number of the step at which the tables are; 0 if there are none."""
    try:
        return int(own.get_meta(db, "schema") or 0)
    except Exception:  # Each driver has errors of its own for a table that is not there.
        return 0


def migrate(db: Db) -> None:
    """Brings the tables to their present form. It may run twice, also at once; tables of a later version stay as they
    are."""
    if schema(db) >= SCHEMA:
        return
    _locked(db, lambda: _steps(db))


def uninstall(db: Db, purge: bool) -> None:
    """Removes all that the kit keeps, if `purge` says so."""
    if purge:
        for table in TABLES:
            db.run(f"DROP TABLE IF EXISTS {{p}}{table}")


def _steps(db: Db) -> None:
    # A statement that was carried out before does nothing, so that a step which was cut off is begun again.
    for statement in _statements(db.dialect):
        db.run(statement)
    if int(own.get_meta(db, "schema") or 0) < SCHEMA:
        own.set_meta(db, "schema", str(SCHEMA))


def _statements(dialect: str) -> list[str]:
    sql = files(__package__).joinpath("sql").joinpath(f"{dialect}.sql").read_text("utf-8")
    sql = re.sub(r"--.*", "", sql)
    return [statement.strip() for statement in sql.split(";") if statement.strip()]


def _locked(db: Db, fn: Callable[[], None]) -> None:
    """Runs `fn` while no other request does. MySQL ends a transaction at each change of a table, so there the lock is
    one of the connection."""
    if db.dialect == "sqlite":
        db.atomic(fn)
    elif db.dialect == "pgsql":
        db.atomic(lambda: _with_lock_of_transaction(db, fn))
    else:
        db.atomic(lambda: _with_lock_of_connection(db, fn))


def _with_lock_of_transaction(db: Db, fn: Callable[[], None]) -> None:
    db.rows("SELECT pg_advisory_xact_lock(hashtext(?))", (f"{db.prefix}nextim",))
    fn()


def _with_lock_of_connection(db: Db, fn: Callable[[], None]) -> None:
    name = f"{db.prefix}nextim"
    db.rows("SELECT GET_LOCK(?, ?)", (name, LOCK_WAIT_S))
    try:
        fn()
    finally:
        db.rows("SELECT RELEASE_LOCK(?)", (name,))
