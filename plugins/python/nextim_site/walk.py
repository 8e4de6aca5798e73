"""Reading messages along an index, from an id on.

Owns: how each database is kept on that index. Must not: know what the messages are read for.

A query that stops after a few rows is read by the index that seems to have them first. By its statistics a database may
take another one than it should: PostgreSQL walks all messages by their ids if many are one user's, however long ago the
user has written them; MySQL does so in a long table. MySQL is told the index. PostgreSQL is asked for the rows in the
order of the whole index, which no other one has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .db import Dialect


def by(dialect: Dialect, index: str) -> str:
    """The begin of a condition that goes by this index of the messages."""
    return f"FORCE INDEX ({{p}}messages_{index}) WHERE " if dialect == "mysql" else "WHERE "


@dataclass(frozen=True)
class Walk:
    """Messages that have the same values in the columns of an index before the last one, the id."""

    index: str
    columns: tuple[str, ...]
    values: tuple[object, ...]
    condition: str = "deleted = 0"
    args: Sequence[object] = ()
    """The values of the condition."""

    def query(self, dialect: Dialect, since: int, limit: int, down: bool = False) -> tuple[str, list[object]]:
        """The ids of those after an id, the lowest first; or `down` from that id."""
        compare, until, order = ("<=", ">=", " DESC") if down else (">", "<=", "")
        args = [*self.values, since]
        if dialect == "pgsql":
            *fixed, last = self.columns
            # It stops at the end of one column's values, but not of two columns' that are compared as a row.
            where = "WHERE " + "".join(f"{column} = ? AND " for column in fixed)
            where += f"({last}, id) {compare} (?, ?) AND {last} {until} ?"
            args.append(self.values[-1])
            sort = f"{last}{order}, id{order}"
        else:
            where = by(dialect, self.index) + " AND ".join(f"{column} = ?" for column in self.columns)
            where += f" AND id {compare} ?"
            sort = f"id{order}"
        sql = f"SELECT id FROM {{p}}messages {where} AND {self.condition} ORDER BY {sort} LIMIT ?"
        return sql, [*args, *self.args, limit]
