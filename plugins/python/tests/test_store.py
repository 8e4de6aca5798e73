"""The tables, on whichever database the environment chooses.

Owns: what the kit asks of a database: order, one row a `cid`, rates, migration, old messages. Must not: use a request.
"""

import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

from nextim_site import erase, export, limits, migrate, own, privacy, prune, rates, tickets, uninstall
from nextim_site.archive import BROADCAST, MULTICAST, UNICAST, Message, NewMessage
from nextim_site.db import Row
from nextim_site.migrate import SCHEMA, TABLES, schema
from nextim_site.settings import block_room

from .world import Case, T

DAY = 86_400_000


class Store(Case):
    def add(self, from_: str, to: str, body: str = "x", kind: str = UNICAST, cid: str | None = None) -> Message:
        return self.plugin.archive.add(NewMessage(kind, from_, from_.title(), to, body, "", cid, None))

    def at_once(self, many: int, act: Callable[[int], T]) -> list[T]:
        """Runs it in as many threads, each with a connection of its own."""

        def one(number: int) -> T:
            try:
                return act(number)
            finally:
                self.db.close()

        with ThreadPoolExecutor(many) as pool:
            return list(pool.map(one, range(many)))

    def test_texts_come_back_as_they_were_stored(self) -> None:
        body = 'it\'s "quoted" \\ % %s ? :1 {p} 🦊 שלום \u202e </script>\n\t' + "ü" * 10_000
        stored = self.add("a'b\\%", "🦊", body, cid="c'?%s")
        found = self.plugin.archive.missed("🦊", [], None).messages
        self.assertEqual(found, [stored])

    def test_ids_are_compared_byte_by_byte(self) -> None:
        for to in ["bob", "Bob", "bob ", "böb", "bo\u0308b"]:
            self.add("alice", to, f"to {to}")
        for to in ["bob", "Bob", "bob ", "böb", "bo\u0308b"]:
            self.assertEqual([m.body for m in self.plugin.archive.missed(to, [], None).messages], [f"to {to}"])
        own.set_block(self.db, "me", "bob", True)
        self.assertEqual(own.read(self.db, "me", ("block",)).blocked, {"bob"})
        self.assertEqual(own.read(self.db, "bob ", ("blocker",)).blockers, set())

    def test_within_a_conversation_time_grows_with_the_id(self) -> None:
        one = self.add("alice", "bob")
        self.clock.now -= 5_000
        two = self.add("bob", "alice")
        other = self.add("alice", "carol")
        self.assertEqual((two.id > one.id, two.time, other.time), (True, one.time + 1, self.clock.now))

    def test_ids_times_and_commits_have_one_order_also_at_once(self) -> None:
        pairs = (("alice", "bob"), ("bob", "alice"))
        self.at_once(8, lambda n: [self.add(*pairs[n % 2]) for _ in range(5)])
        rows = self.db.rows("SELECT id, time FROM {p}messages ORDER BY id")
        times = [int(time) for _, time in rows]
        self.assertEqual((len(rows), len(set(times)), times), (40, 40, sorted(times)))
        self.assertEqual(int(self.db.rows("SELECT last_id FROM {p}talks")[0][0]), int(rows[-1][0]))

    def test_one_cid_is_one_message_also_at_once(self) -> None:
        first = self.add("alice", "bob", "one", cid="1")
        self.assertEqual(self.add("alice", "bob", "two", cid="1"), first)
        self.assertNotEqual(self.add("bob", "alice", "three", cid="1").id, first.id)
        found = self.at_once(8, lambda n: self.add("alice", f"to{n % 3}", f"{n}", cid="2"))
        self.assertEqual(len({message.id for message in found}), 1)
        self.assertEqual(len(self.db.rows("SELECT id FROM {p}messages WHERE from_id = 'alice'")), 2)

    def test_the_receiver_has_a_mark_with_what_is_unread(self) -> None:
        self.add("alice", "bob")
        self.add("alice", "bob")
        self.add("bob", "alice")
        found = {
            bytes(me) if isinstance(me, bytes) else me.encode(): unread
            for me, unread in self.db.rows("SELECT me, unread FROM {p}marks")
        }
        self.assertEqual(found, {b"alice": 1, b"bob": 2})

    def test_a_message_that_came_back_waits_once(self) -> None:
        archive = self.plugin.archive
        message = self.add("alice", "bob")
        archive.set_undelivered([message.id, 999_999])
        archive.set_delivered(message.id, True)
        waiting = archive.missed("bob", [], None).messages
        self.assertEqual([(m.id, m.delivered, m.arrived) for m in waiting], [(message.id, False, False)])
        archive.set_received("carol", waiting, True)
        self.assertEqual(len(archive.missed("bob", [], None).messages), 1)
        archive.set_received("bob", waiting, True)
        archive.set_undelivered([message.id])
        self.assertEqual(archive.missed("bob", [], None).messages, [])

    def test_since_finds_what_is_the_users_and_nothing_else(self) -> None:
        mine = [
            self.add("alice", "bob", "to"),
            self.add("bob", "alice", "from"),
            self.add("carol", "walkers", "room", MULTICAST),
            self.add("erin", "", "all", BROADCAST),
        ]
        self.add("carol", "erin", "others")
        self.add("carol", "secret", "others", MULTICAST)
        self.add("bob", "walkers", "a room of the same name as a user's", UNICAST)
        found = self.plugin.archive.missed("alice", ["walkers"], 0)
        self.assertEqual([m.id for m in found.messages], [m.id for m in mine])
        after = self.plugin.archive.missed("alice", ["walkers"], mine[2].id)
        self.assertEqual([m.id for m in after.messages], [m.id for m in mine])

    def test_since_repeats_a_few_and_pages_many(self) -> None:
        sent = [self.add("bob", "alice", kind=UNICAST) for _ in range(60)]
        self.plugin.archive.set_received("alice", sent, True)
        with patch("nextim_site.archive.CATCH_UP_MAX", 10):
            found = self.plugin.archive.missed("alice", [f"room{n}" for n in range(250)], sent[30].id)
        self.assertEqual([m.id for m in found.messages], [m.id for m in sent[11:41]])
        self.assertEqual(found.more, sent[40].id)

    def test_histories_are_cleared_for_one_side(self) -> None:
        archive = self.plugin.archive
        one, two = self.add("alice", "bob", "1"), self.add("bob", "alice", "2")
        archive.set_delivered(two.id, True)
        self.add("alice", "walkers", "3", MULTICAST)

        def seen(user: str) -> list[str]:
            others, rooms = archive.histories(user, ["alice" if user == "bob" else "bob"], ["walkers"], None, 30)
            return [message.body for found in (others, rooms) for messages in found.values() for message in messages]

        self.assertEqual((seen("alice"), seen("bob")), (["1", "2", "3"], ["2", "3"]))
        archive.clear_user("alice", "bob")
        archive.clear_room("alice", "walkers")
        self.assertEqual((seen("alice"), seen("bob")), ([], ["2", "3"]))
        self.assertEqual([m.id for m in archive.missed("bob", [], None).messages], [one.id], "it was not seen")
        self.add("alice", "walkers", "4", MULTICAST)
        archive.clear_room("bob", "walkers")
        archive.clear_room("bob", "walkers")
        self.assertEqual((seen("alice"), seen("bob")), (["4"], ["2"]))
        archive.clear_user("bob", "alice")
        self.assertEqual(self.db.rows("SELECT id FROM {p}messages WHERE body = '2'"), [], "both have cleared it")

    def test_an_allowance_is_taken_by_one_statement(self) -> None:
        def take(number: int) -> bool:
            return rates.take(self.db, "send alice", self.clock.now, 1, 500, 20)

        found = self.at_once(8, lambda n: [take(n) for _ in range(6)])
        self.assertEqual([taken for many in found for taken in many].count(True), 20)
        self.clock.now += 500
        self.assertEqual([take(0), take(0)], [True, False])
        self.clock.now += 60_000
        found_later = [rates.take(self.db, "send alice", self.clock.now, n, 500, 20) for n in (50, 1)]
        self.assertEqual(found_later, [True, False])

    def test_changes_of_settings_at_once_are_all_kept(self) -> None:
        own.set_settings(self.db, "alice", {"theme": "dark"})
        self.at_once(8, lambda n: block_room(self.plugin, "alice", f"room{n}", True, ""))
        kept = own.read(self.db, "alice", ("setting",)).settings
        self.assertEqual((kept["theme"], sorted(kept["blocked_rooms"])), ("dark", [f"room{n}" for n in range(8)]))

    def test_migration_may_run_again_and_at_once(self) -> None:
        stored = self.add("alice", "bob")
        migrate(self.db)
        own.set_meta(self.db, "schema", "0")
        migrate(self.db)
        self.assertEqual([m.id for m in self.plugin.archive.missed("bob", [], None).messages], [stored.id])
        own.set_meta(self.db, "schema", "99")
        migrate(self.db)
        self.assertEqual(schema(self.db), 99, "tables of a later version stay as they are")
        uninstall(self.db, purge=False)
        self.assertEqual(schema(self.db), 99)
        uninstall(self.db, purge=True)
        self.assertEqual(schema(self.db), 0)
        self.at_once(6, lambda n: migrate(self.db))
        self.assertEqual(schema(self.db), SCHEMA)
        for table in TABLES:
            self.db.rows(f"SELECT COUNT(*) FROM {{p}}{table}")

    def test_a_failed_transaction_changes_nothing(self) -> None:
        def fail() -> None:
            self.add("alice", "bob")
            raise ZeroDivisionError

        with self.assertRaises(ZeroDivisionError):
            self.db.atomic(fail)
        self.assertEqual(self.plugin.archive.missed("bob", [], None).messages, [])

    def test_a_lost_connection_is_replaced(self) -> None:
        self.add("alice", "bob", "1")
        self.db._connection().close()
        self.assertEqual(len(self.plugin.archive.missed("bob", [], None).messages), 1)
        self.db._connection().close()
        self.add("alice", "bob", "2")
        self.assertEqual(len(self.plugin.archive.missed("bob", [], None).messages), 2)

    def test_old_messages_are_removed_a_few_at_a_time(self) -> None:
        old = [self.add("alice", "bob", str(n)) for n in range(5)]
        self.clock.now += 10 * DAY
        self.assertEqual(prune(self.plugin, 11), 0)
        with patch.object(privacy, "PRUNE_ROWS_MAX", 3):
            self.assertEqual([prune(self.plugin, 9) for _ in range(3)], [3, 1, 0])
        found = self.plugin.archive.missed("bob", [], None).messages
        self.assertEqual([m.id for m in found], [old[-1].id], "the greatest id stays")
        self.assertEqual(own.read(self.db, "bob", ("pruned",)).pruned, old[3].id)
        self.assertGreater(self.add("alice", "bob").id, old[-1].id)

    def test_an_export_has_what_the_user_sent_and_got(self) -> None:
        sent = [self.add("alice", "bob", "1"), self.add("bob", "alice", "2")]
        sent.append(self.add("alice", "walkers", "3", MULTICAST))
        self.add("bob", "carol", "4")
        own.set_settings(self.db, "alice", {"theme": "dark"})
        found = export(self.plugin, "alice")
        self.assertEqual([line["id"] for line in found["messages"]], [str(m.id) for m in sent])
        self.assertEqual((found["settings"], found["next"]), ({"theme": "dark"}, None))
        with patch.object(privacy, "PRUNE_ROWS_MAX", 2):
            page = export(self.plugin, "alice")
            rest = export(self.plugin, "alice", page["next"])
        self.assertEqual([len(page["messages"]), len(rest["messages"])], [2, 1])

    def test_an_erasure_empties_what_the_user_wrote(self) -> None:
        for n in range(3):
            self.add("alice", "bob", f"secret {n}", cid=str(n))
        kept = self.add("bob", "alice", "kept")
        own.set_settings(self.db, "alice", {"theme": "dark"})
        own.set_block(self.db, "alice", "erin", True)
        tickets.add(self.db, "ticket", "alice", "session", 0)
        with patch.object(privacy, "PRUNE_ROWS_MAX", 2):
            self.assertEqual([erase(self.plugin, "alice") for _ in range(2)], [False, True])
        self.assertTrue(erase(self.plugin, "alice"))
        rows = self.db.rows("SELECT body, nick, cid, deleted FROM {p}messages WHERE from_id = 'alice'")
        self.assertEqual([tuple(row) for row in rows], [("", "", None, 1)] * 3)
        self.assertEqual(self.plugin.archive.missed("bob", [], 0).messages, [kept])
        read = own.read(self.db, "alice", ("setting", "block", "ticket"), tickets.hashed("ticket"))
        self.assertEqual((read.settings, read.blocked, read.ticket_owner), ({}, set(), None))

    def test_every_branch_walks_an_index(self) -> None:
        if self.db.dialect != "sqlite":
            return  # Only SQLite says it of tables as small as these.
        asked: list[tuple[str, Sequence[object]]] = []
        rows = self.db.rows

        def keep(sql: str, args: Sequence[object] = ()) -> list[Row]:
            asked.append((sql, args))
            return rows(sql, args)

        with patch.object(self.db, "rows", keep):
            self.plugin.archive.missed("alice", ["walkers", "secret"], 5)
            self.plugin.archive.histories("alice", ["bob", "carol"], ["walkers"], 9, 30)
            export(self.plugin, "alice")
            erase(self.plugin, "alice")
        used = set()
        for sql, args in asked:
            plan = [str(step[3]) for step in rows(f"EXPLAIN QUERY PLAN {sql}", args)]
            scans = [step for step in plan if re.match(rf"SCAN (m|{self.db.prefix}nextim_messages)\b", step)]
            self.assertEqual(scans, [], plan)
            used.update(re.findall(r"INDEX \w+nextim_messages_(\w+)", " ".join(plan)))
        self.assertEqual(used, {"from", "to", "pair", "room", "waiting"})

    def test_limits_fit_the_columns(self) -> None:
        longest = "🦊" * (limits.NAME_BYTES_MAX // 4)
        nick = "ü" * (limits.NICK_BYTES_MAX // 2)
        new = NewMessage(
            UNICAST,
            longest,
            nick,
            longest[:-1] + "abcd",
            "x" * limits.MESSAGE_BYTES_MAX,
            "y" * 1_024,
            "c" * limits.CID_BYTES_MAX,
            '{"a":"' + "ü" * 2_040 + '"}',
        )
        stored = self.plugin.archive.add(new)
        self.assertEqual(self.plugin.archive.missed(new.to, [], None).messages, [stored])
        self.assertTrue(rates.take(self.db, f"clear_history {longest}", 1, 1, 1, 1))
        own.set_settings(self.db, longest, {"x": "ü" * 8_000})
        own.set_status(self.db, longest, "s" * limits.STATUS_BYTES_MAX, 1)
