"""How many rows the database reads for each statement about messages, conversations and marks, among many.

Owns: the plan of each, and the bound that none passes. Must not: assert a time.

There are 40,000 messages, or as many as NEXTIM_TEST_ROWS says; then times are printed. `tests/long` takes a million.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn
from unittest.mock import patch

from nextim_site import erase, export, prune
from nextim_site.db import Row

from . import many
from .world import Case

FEW = 40_000
ROWS = int(os.environ.get("NEXTIM_TEST_ROWS", FEW))
# Of fewer rows in an answer than usual, so that a walk through one conversation shows.
PAGE = 20
READ_MAX = 3_000
"""Rows that one statement may read; of MySQL, those that an act may read and write."""
BLOCKS_MAX = 100
"""Blocks that PostgreSQL may read where a walk begins, and of rows that were just changed, beside four a row."""
LONG = ("messages", "talks", "marks")
INDEXES = {"from", "to", "pair", "room", "waiting"}
"""What the messages have indexes for, beside their key; each has its use."""

_Statement = tuple[str, Sequence[object]]


class Plans(Case):
    def setUp(self) -> None:
        super().setUp()
        began = time.monotonic()
        self.addCleanup(lambda: many.remove(self.db))
        many.make(self.db, ROWS)
        self.say_time(f"{ROWS} rows", began)
        self.tables = {f"{self.db.prefix}nextim_{table}": table for table in LONG}
        self.used: set[str] = set()
        for limit in ("archive.CATCH_UP_MAX", "privacy.PRUNE_ROWS_MAX"):
            patched = patch(f"nextim_site.{limit}", PAGE)
            patched.start()
            self.addCleanup(patched.stop)

    def say_time(self, what: str, began: float) -> None:
        """A line for those who asked for many rows."""
        if ROWS > FEW:
            print(f"{self.db.dialect}, {what}: {(time.monotonic() - began) * 1_000:.1f} ms", file=sys.stderr)

    def test_no_statement_reads_many_rows(self) -> None:
        first = int(self.db.rows("SELECT MIN(id) FROM {p}messages")[0][0])
        for what, act in self.acts(first):
            with self.subTest(what):
                for sql, args in self.statements(what, act):
                    self.check_plan(sql, args)
        self.assertEqual(INDEXES - self.used, set())

    def acts(self, first: int) -> list[tuple[str, Callable[[], object]]]:
        """What is done with messages; `first` is the id of the first one."""
        archive, middle = self.plugin.archive, first + ROWS // 2
        rooms, others = ["walkers", "r1", "r2"], ["bob", "carol", "u7"]
        before = many.TIME + ROWS // 2 * 1_000
        page = {"since": str(middle), "buddy_ids": "bob,carol", "room_ids": "walkers"}
        room, hello = {"id": "walkers", "type": "multicast"}, {"to": "bob", "body": "x", "cid": "1"}
        return [
            ("undelivered", lambda: archive.missed("alice", [], None)),
            ("undelivered to somebody who has none", lambda: archive.missed("carol", [], None)),
            ("since, to a user of many messages", lambda: archive.missed("alice", rooms, middle)),
            ("since, to a user of few", lambda: archive.missed("u7", rooms, middle)),
            ("since, to a user who went long ago", lambda: archive.missed("gone", [], middle + ROWS // 10)),
            ("since, the first page", lambda: archive.missed("alice", rooms, 0)),
            ("since, the last page", lambda: archive.missed("alice", rooms, first + ROWS)),
            ("history", lambda: archive.histories("alice", others, rooms, None, 30)),
            ("an older page of the history", lambda: archive.histories("alice", others, rooms, before, 30)),
            ("online", lambda: self.ask("alice", "online", **page)),
            ("message", lambda: self.ask("alice", "message", **hello)),
            ("message again", lambda: self.ask("alice", "message", **hello)),
            ("message to a room", lambda: self.ask("alice", "message", type="multicast", to="walkers", body="x")),
            ("returned", lambda: archive.set_undelivered(range(first, first + 100))),
            ("clear a room", lambda: self.ask("alice", "clear_history", **room)),
            ("clear a history", lambda: self.ask("alice", "clear_history", id="carol")),
            ("since, after that", lambda: archive.missed("alice", rooms, middle)),
            ("export", lambda: export(self.plugin, "alice")),
            ("prune", lambda: self.assertEqual(prune(self.plugin, 100), PAGE)),
            ("erase", lambda: erase(self.plugin, "u7")),
        ]

    def statements(self, what: str, act: Callable[[], object]) -> list[_Statement]:
        """The statements about the long tables that this makes, each once."""
        asked: list[_Statement] = []
        cursor = self.db._execute

        def keep(connection: Any, sql: str, args: Sequence[object], read: Callable[[Any], Any]) -> Any:
            asked.append((sql, args))
            return cursor(connection, sql, args, read)

        before = self.handler_reads()
        began = time.monotonic()
        with patch.object(self.db, "_execute", keep):
            act()
        self.say_time(what, began)
        self.assertLess(self.handler_reads() - before, READ_MAX)
        found = [(sql, args) for sql, args in asked if any(f"{{p}}{table}" in sql for table in LONG)]
        self.assertTrue(found)
        return found

    def handler_reads(self) -> int:
        """The rows that MySQL has read; the other two say that in their plans."""
        if self.db.dialect != "mysql":
            return 0
        return sum(int(count) for _, count in self.db.rows("SHOW SESSION STATUS LIKE 'Handler_read%'"))

    def check_plan(self, sql: str, args: Sequence[object]) -> None:
        checks = {"sqlite": self.check_sqlite, "mysql": self.check_mysql, "pgsql": self.check_pgsql}
        checks[self.db.dialect](sql, args)

    def check_sqlite(self, sql: str, args: Sequence[object]) -> None:
        """It walks no table, and sorts nothing that it finds in one."""
        steps = [(int(row[1]), str(row[3])) for row in self.db.rows(f"EXPLAIN QUERY PLAN {sql}", args)]
        names = "|".join((*self.tables, "m"))
        sorted_ = {parent for parent, step in steps if step == "USE TEMP B-TREE FOR ORDER BY"}
        for parent, step in steps:
            # Without a condition it is the first rows that are wanted.
            self.assertFalse("WHERE" in sql and re.match(rf"SCAN ({names})\b", step), f"{step}: {sql}")
            is_range = step.startswith(f"SEARCH {self.db.prefix}nextim_messages")
            self.assertFalse(is_range and parent in sorted_, f"it sorts what it finds: {sql}")
            self.note(*re.findall(r" INDEX (\w+)", step))

    def check_mysql(self, sql: str, args: Sequence[object]) -> None:
        """It walks no table. Where it stops at a limit, no other index can be chosen, whatever the statistics say."""
        for row in self.db.rows(f"EXPLAIN {sql}", args):
            kind, table = str(row[1]), str(row[2])
            # MySQL has a column more before these than MariaDB.
            way, possible, key = row[len(row) // 11 + 3 :][:3]
            if kind == "INSERT" or table not in self.tables:
                continue
            self.assertFalse("WHERE" in sql and way in ("ALL", "index"), f"{way}: {sql}")
            if key is not None and "LIMIT" in sql and "WHERE" in sql:
                self.assertEqual(possible, key, sql)
            self.note(str(key))

    def check_pgsql(self, sql: str, args: Sequence[object]) -> None:
        """It reads few rows of each table, also of those that it does not want."""
        for node in nodes(self.explained(sql, args)):
            if node.get("Relation Name") in self.tables:
                self.assertFalse("WHERE" in sql and node["Node Type"] == "Seq Scan", sql)
                read = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
                self.assertLess(read * node["Actual Loops"], READ_MAX, sql)
                # Of a walk it does not count what it has passed over in the index, but how many blocks that were.
                blocks = node["Shared Hit Blocks"] + node["Shared Read Blocks"]
                if "ROW(" in node.get("Index Cond", ""):
                    self.assertLessEqual(blocks, (BLOCKS_MAX + 4 * read) * node["Actual Loops"], sql)
            self.note(node.get("Index Name", ""))

    def explained(self, sql: str, args: Sequence[object]) -> Any:
        """PostgreSQL's plan, with the rows of each step; what the statement changes is undone."""
        found: list[Row] = []

        def explain() -> NoReturn:
            # Of a small table it reads all at once, as that is the fastest.
            for way in ("seqscan", "hashjoin", "mergejoin") if ROWS <= FEW else ():
                self.db.run(f"SET LOCAL enable_{way} = off")
            found.extend(self.db.rows(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", args))
            raise InterruptedError

        self.assertRaises(InterruptedError, self.db.atomic, explain)
        plan = found[0][0]
        return (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]

    def note(self, *indexes: str) -> None:
        """Notes that an index was used."""
        self.used |= {index.removeprefix(f"{self.db.prefix}nextim_messages_") for index in indexes}


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A plan of PostgreSQL and all that is in it."""
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)
