"""How many rows the database reads for each query of the messages, among many.

Owns: a table of 40,000 messages, or of as many as NEXTIM_TEST_ROWS says, and the bound that no query passes. Must not:
assert a time; with NEXTIM_TEST_ROWS times are printed.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from unittest.mock import patch

from nextim_site import erase, export, prune
from nextim_site.db import Row

from .world import Case

ROWS = int(os.environ.get("NEXTIM_TEST_ROWS", "40000"))
# Of fewer rows in an answer than usual, so that a walk through one conversation shows.
PAGE = 20
READ_MAX = 2_000
_DIGIT = "(SELECT 0 AS d" + "".join(f" UNION ALL SELECT {n}" for n in range(1, 10)) + ")"
# A tenth is alice's and bob's, a tenth is in the room walkers, and the rest is among a thousand users and fifty rooms.
_FILL = """INSERT INTO {{p}}messages (from_id, nick, to_id, type, body, time, delivered, from_gone, to_gone)
    SELECT CASE WHEN i % 20 = 0 THEN 'alice' WHEN i % 20 = 1 THEN 'bob' ELSE {user} END, 'x',
    CASE WHEN i % 20 = 0 THEN 'bob' WHEN i % 20 = 1 THEN 'alice' WHEN i % 20 IN (2, 3) THEN 'walkers'
    WHEN i % 1000 = 999 THEN '' WHEN i % 3 = 0 THEN {room} ELSE {other} END,
    CASE WHEN i % 20 < 2 THEN 'unicast' WHEN i % 20 < 4 THEN 'multicast' WHEN i % 1000 = 999 THEN 'broadcast'
    WHEN i % 3 = 0 THEN 'multicast' ELSE 'unicast' END,
    'x', 1600000000000 + i * 1000, CASE WHEN i % 100 = 1 THEN 0 ELSE 1 END, 0, 0
    FROM (SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d + 100000 * g.d AS i
        FROM {digits}) n WHERE i < ? ORDER BY i"""


class Plans(Case):
    def setUp(self) -> None:
        super().setUp()
        digits = ", ".join(f"{_DIGIT} {name}" for name in "abcefg")
        named = {"user": "'u' || i % 1000", "room": "'r' || i % 50", "other": "'u' || (i * 7 + 1) % 1000"}
        if self.db.dialect == "mysql":
            named = {name: "CONCAT({}, {})".format(*text.split(" || ")) for name, text in named.items()}
        began = time.monotonic()
        self.db.run(_FILL.format(digits=digits, **named), (ROWS,))
        if self.db.dialect == "mysql":
            self.db.rows("ANALYZE TABLE {p}messages")
        elif self.db.dialect == "pgsql":
            self.db.run("ANALYZE {p}messages")
        self.say_time(f"{ROWS} rows", began)

    def say_time(self, what: str, began: float) -> None:
        """A line for those who asked for many rows."""
        if "NEXTIM_TEST_ROWS" in os.environ:
            print(f"{self.db.dialect}, {what}: {(time.monotonic() - began) * 1_000:.1f} ms", file=sys.stderr)

    def queries(self, act: Callable[[], object]) -> list[tuple[str, Sequence[object]]]:
        """The queries of messages that this makes."""
        asked: list[tuple[str, Sequence[object]]] = []
        rows = self.db.rows

        def keep(sql: str, args: Sequence[object] = ()) -> list[Row]:
            asked.append((sql, args))
            return rows(sql, args)

        with patch.object(self.db, "rows", keep):
            act()
        return [(sql, args) for sql, args in asked if sql.startswith("SELECT") and "{p}messages" in sql]

    def read(self, sql: str, args: Sequence[object]) -> int:
        """How many rows a query reads. SQLite does not say it; there no query may walk a whole table."""
        if self.db.dialect == "mysql":
            before = self.handler_reads()
            self.db.rows(sql, args)
            return self.handler_reads() - before
        if self.db.dialect == "pgsql":
            found = self.db.atomic(lambda: self.explained(sql, args))
            plan = json.loads(found) if isinstance(found, str) else found
            return sum(rows_of(node) for node in nodes(plan[0]["Plan"]))
        steps = [str(step[3]) for step in self.db.rows(f"EXPLAIN QUERY PLAN {sql}", args)]
        table = f"{self.db.prefix}nextim_messages"
        # Without a condition it is the first rows that are wanted.
        return sum(ROWS for step in steps if step in (f"SCAN {table}", "SCAN m") and "WHERE" in sql)

    def explained(self, sql: str, args: Sequence[object]) -> Any:
        """PostgreSQL's plan. It reads all of a small table at once, as that is the fastest."""
        if ROWS < 1_000_000:
            for way in ("seqscan", "hashjoin", "mergejoin"):
                self.db.run(f"SET LOCAL enable_{way} = off")
        return self.db.rows(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", args)[0][0]

    def handler_reads(self) -> int:
        found = self.db.rows("SHOW SESSION STATUS LIKE 'Handler_read%'")
        return sum(int(count) for _, count in found)

    def test_no_query_reads_many_rows(self) -> None:
        archive, middle = self.plugin.archive, ROWS // 2
        first = int(self.db.rows("SELECT MIN(id) FROM {p}messages")[0][0])
        rooms = ["walkers", "r1", "r2"]
        for limit in ("archive.CATCH_UP_MAX", "privacy.PRUNE_ROWS_MAX"):
            patched = patch(f"nextim_site.{limit}", PAGE)
            patched.start()
            self.addCleanup(patched.stop)
        acts: list[tuple[str, Callable[[], object]]] = [
            ("undelivered", lambda: archive.missed("alice", [], None)),
            ("undelivered to somebody who has none", lambda: archive.missed("carol", [], None)),
            ("since, to a user of many messages", lambda: archive.missed("alice", rooms, first + middle)),
            ("since, to a user of few", lambda: archive.missed("u7", rooms, first + middle)),
            ("since, the first page", lambda: archive.missed("alice", rooms, 0)),
            ("since, the last page", lambda: archive.missed("alice", rooms, first + ROWS)),
            ("history", lambda: archive.histories("alice", ["bob", "carol", "u7"], rooms, None, 30)),
            (
                "an older page of the history",
                lambda: archive.histories("alice", ["bob", "u7"], rooms, 1_600_000_000_000 + middle * 1_000, 30),
            ),
            ("export", lambda: export(self.plugin, "alice")),
            ("prune", lambda: prune(self.plugin, 100_000)),
            ("erase", lambda: erase(self.plugin, "u7")),
        ]
        for what, act in acts:
            asked = self.queries(act)
            self.assertTrue(asked, what)
            for sql, args in asked:
                with self.subTest(what):
                    began = time.monotonic()
                    self.db.rows(sql, args)
                    self.say_time(what, began)
                    self.assertLess(self.read(sql, args), READ_MAX)


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A plan of PostgreSQL and all that is in it."""
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


def rows_of(node: dict[str, Any]) -> int:
    """The rows that a scan has read, also those that were not wanted."""
    if "Relation Name" not in node:
        return 0
    read = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    return int(read * node["Actual Loops"])
