"""Messages that are stored at once, by several processes as a site has them.

Owns: the one order of ids, times and commits within a conversation, and that no deadlock reaches a user. Must not: use
a request.
"""

from __future__ import annotations

import multiprocessing
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from itertools import chain

from nextim_site import Config
from nextim_site.archive import MULTICAST, UNICAST, Archive, NewMessage

from .world import PREFIX, Case, database

_PROCESSES = 2
_MESSAGES = 60


def new(from_: str, to: str, kind: str = UNICAST, cid: str | None = None) -> NewMessage:
    return NewMessage(kind, from_, from_, to, "x", "", cid, None)


def write(folder: str, prefix: str, number: int) -> list[tuple[int, int]]:
    """What one of the processes does: each writes in its own direction, by two threads."""
    archive = Archive(database(folder, prefix), Config("", "", clock=lambda: 1_700_000_000_000))
    pair = ("alice", "bob") if number % 2 else ("bob", "alice")

    def some(_: int) -> list[tuple[int, int]]:
        added = [archive.add(new(*pair), "u,alice,bob" if n else None) for n in range(_MESSAGES // 2)]
        return [(message.id, message.time) for message in added]

    with ThreadPoolExecutor(2) as pool:
        return list(chain(*pool.map(some, range(2))))


class Order(Case):
    def test_ids_times_and_commits_have_one_order(self) -> None:
        context = multiprocessing.get_context("spawn")
        seen: list[list[int]] = []
        with ProcessPoolExecutor(_PROCESSES, context) as pool:
            writers = [pool.submit(write, self.folder, PREFIX, number) for number in range(_PROCESSES)]
            while not all(map(Future.done, writers)):
                seen.append([int(row[0]) for row in self.db.rows("SELECT id FROM {p}messages ORDER BY id")])
            added = sorted(chain(*(writer.result() for writer in writers)))
        rows = [(int(id_), int(time)) for id_, time in self.db.rows("SELECT id, time FROM {p}messages ORDER BY id")]
        self.assertEqual((len(rows), rows), (_PROCESSES * _MESSAGES, added))
        self.assertEqual([time - rows[0][1] for _, time in rows], [*range(len(rows))])
        for ids in seen:
            self.assertEqual(ids, [id_ for id_, _ in rows[: len(ids)]], "a message came in before one that was there")
        last = self.db.rows("SELECT last_id, last_time FROM {p}talks")[0]
        self.assertEqual((int(last[0]), int(last[1])), rows[-1])

    def test_no_deadlock_reaches_a_user(self) -> None:
        users = ("alice", "bob", "carol", "dave")

        def act(number: int) -> None:
            archive = self.plugin.archive
            for step in range(15):
                one, other = users[number % 4], users[(number + step % 3 + 1) % 4]
                sent = archive.add(new(one, other, cid=f"{step}"))
                archive.add(new(one, "walkers", MULTICAST))
                archive.set_delivered(sent.id, True)
                found = archive.missed(one, ["walkers"], sent.id - 10).messages
                archive.set_received(one, found, True)
                archive.set_undelivered([message.id for message in found])
                archive.clear_user(one, other)
                archive.clear_room(one, "walkers")
            self.db.close()

        with ThreadPoolExecutor(8) as pool:
            self.assertEqual([*pool.map(act, range(8))], [None] * 8)
