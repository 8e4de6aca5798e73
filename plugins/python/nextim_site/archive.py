"""Every message that was accepted: the ones that wait for their receivers, and the histories.

Owns: the tables `messages`, `talks`, `marks` and `room_clears`. Must not: read `blocks`; the endpoints check who may
write to whom.

A message is stored in a short transaction that first locks the row of its conversation, and gets its id then. So
within a conversation the order of ids, of times and of commits is one. Between conversations there is none: a page that
names the last id it has seen therefore also gets a few messages before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .config import Config
from .db import Db, Row, insert_new, lock_rows, marks, text, upsert
from .limits import CATCH_UP_MAX, CATCH_UP_OVERLAP, ROOM_BRANCHES, UNDELIVERED_MAX
from .walk import Walk, by

UNICAST, MULTICAST, BROADCAST = "unicast", "multicast", "broadcast"

COLUMNS = "m.id, m.from_id, m.nick, m.to_id, m.type, m.body, m.style, m.time, m.cid, m.delivered, m.arrived, m.meta"
_ONE = "SELECT " + COLUMNS + " FROM {p}messages m WHERE m.from_id = ? AND m.cid = ?"

# Not within the transaction: MySQL locks a gap where it finds no row, and two such locks can block each other.
_BEGIN = "{p}talks (talk, kind, a, b) VALUES (?, ?, ?, ?)"
# The row of the conversation is locked before the database gives the id. SQLite has one transaction after another.
_ADD = """{p}messages (from_id, nick, to_id, type, body, style, time, cid, meta) SELECT ?, ?, ?, ?, ?, ?,
    CASE WHEN last_time < ? THEN ? ELSE last_time + 1 END, ?, ? FROM {p}talks WHERE talk = ?"""
_ADVANCE = "UPDATE {p}talks SET last_id = ?, last_time = (SELECT time FROM {p}messages WHERE id = ?) WHERE talk = ?"
# `LAST_INSERT_ID(n)` gives the driver a number back, without a second query.
_ADVANCE_MYSQL = """UPDATE {p}talks SET last_id = ?,
    last_time = LAST_INSERT_ID((SELECT time FROM {p}messages WHERE id = ?)) WHERE talk = ?"""
_MARK_ON_CONFLICT = """INSERT INTO {p}marks (me, talk, unread) VALUES (?, ?, ?), (?, ?, ?)
    ON CONFLICT (me, talk) DO UPDATE SET unread = {p}marks.unread + excluded.unread"""
_MARK_MYSQL = """INSERT INTO {p}marks (me, talk, unread) VALUES (?, ?, ?), (?, ?, ?)
    ON DUPLICATE KEY UPDATE unread = unread + VALUES(unread)"""

# Not if it came back before: its receiver may have gone offline while the push was being answered.
_DELIVERED = "UPDATE {p}messages SET delivered = 1, arrived = ? WHERE id = ? AND returned = 0"
_RECEIVED = "UPDATE {p}messages SET delivered = 1 WHERE type = 'unicast' AND to_id = ? AND id IN "
_ARRIVED = "UPDATE {p}messages SET delivered = 1, arrived = 1 WHERE type = 'unicast' AND to_id = ? AND id IN "
# Once: it may come back twice, and its receiver may have received it in between.
_RETURNED = """UPDATE {p}messages SET delivered = 0, returned = 1, arrived = 0
    WHERE type = 'unicast' AND returned = 0 AND id IN """

_SENT = "type NOT IN ('multicast', 'broadcast') AND from_gone = 0 AND deleted = 0"
_GOT = "to_gone = 0 AND deleted = 0"
_IN_ROOM = "deleted = 0 AND id > (SELECT COALESCE(MAX(upto), 0) FROM {p}room_clears WHERE me = ? AND room = ?)"
# The same by time, which in a room is the same order: by `id`, databases sort all messages of the room.
_IN_ROOM_BY_TIME = """type = 'multicast' AND to_id = ? AND time > COALESCE((SELECT last.time FROM {p}room_clears c
    JOIN {p}messages last ON last.id = c.upto WHERE c.me = ? AND c.room = ?), 0)"""

_WITH_USER = (
    "from_id = ? AND to_id = ? AND type = 'unicast' AND from_gone = 0",
    "from_id = ? AND to_id = ? AND type = 'unicast' AND to_gone = 0 AND delivered = 1",
)
# An undelivered message was not seen, so it is not cleared.
_CLEAR = """UPDATE {p}messages SET from_gone = CASE WHEN from_id = ? THEN 1 ELSE from_gone END,
    to_gone = CASE WHEN to_id = ? AND delivered = 1 THEN 1 ELSE to_gone END
    WHERE type = 'unicast' AND ((from_id = ? AND to_id = ?) OR (from_id = ? AND to_id = ?))"""
# The greatest id stays: an old InnoDB counts on from the greatest that it finds when it starts.
_FORGET = """DELETE FROM {p}messages WHERE type = 'unicast' AND from_gone = 1 AND to_gone = 1
    AND ((from_id = ? AND to_id = ?) OR (from_id = ? AND to_id = ?))
    AND id < (SELECT last FROM (SELECT MAX(id) AS last FROM {p}messages) AS greatest)"""
_CLEAR_ROOM = """INSERT INTO {p}room_clears (me, room, upto)
    SELECT ?, ?, COALESCE(MAX(id), 0) FROM {p}messages WHERE type = 'multicast' AND to_id = ? """


@dataclass(frozen=True)
class Message:
    """A message in the archive."""

    id: int
    """Grows from message to message."""
    from_: str
    nick: str
    """The display name of the sender at that time."""
    to: str
    """The id of a user or of a room; empty for a broadcast."""
    type: str
    body: str
    style: str
    time: int
    """When it was accepted, in ms. Grows with the id within a conversation."""
    cid: str | None
    """The id that the sender's page gave it."""
    delivered: bool
    """Whether it was handed to a page of its receiver."""
    arrived: bool
    """Whether that page's user was visible."""
    meta: str | None
    """A JSON object, as the sender's page sent it."""


@dataclass(frozen=True)
class NewMessage:
    """A message to be stored."""

    type: str
    from_: str
    nick: str
    to: str
    body: str
    style: str
    cid: str | None
    meta: str | None


@dataclass(frozen=True)
class Found:
    """The messages that a page has not seen."""

    messages: list[Message]
    """The oldest first."""
    more: int | None
    """The id of the last of them, if there are more."""


def talk_of(kind: str, from_: str, to: str) -> str:
    """The key of the conversation that a message is in. Ids hold no comma."""
    if kind == UNICAST:
        return "u," + ",".join(_sides(kind, from_, to))
    return f"r,{to}" if kind == MULTICAST else "all"


def _sides(kind: str, from_: str, to: str) -> tuple[str, str]:
    """The two users of a conversation, in one order for both of them; or its room."""
    if kind != UNICAST:
        return to, ""
    return (from_, to) if from_.encode() <= to.encode() else (to, from_)


class Archive:
    """The messages of a site."""

    def __init__(self, db: Db, config: Config) -> None:
        self._db = db
        self._config = config

    def add(self, new: NewMessage, begun: str | None = None) -> Message:
        """Stores a message. If this sender has stored one of the same `cid` before, returns that one and stores
        nothing; of two that come at once, both get the one that was stored. `begun` is the key of a conversation that
        is known to have its row, which saves a statement."""
        talk = talk_of(new.type, new.from_, new.to)
        if talk != begun:
            values = (talk, new.type, *_sides(new.type, new.from_, new.to))
            self._db.run(insert_new(self._db.dialect, _BEGIN), values)
        stored = self._db.atomic(lambda: self._add(new, talk))
        if stored is not None:
            return stored
        found = self._db.rows(_ONE, (new.from_, new.cid))
        # Of a message that both sides have cleared meanwhile, nothing is left.
        return message_of(found[0]) if found else self.add(new)

    def _add(self, new: NewMessage, talk: str) -> Message | None:
        now = self._config.clock()
        values = (new.from_, new.nick, new.to, new.type, new.body, new.style, now, now, new.cid, new.meta, talk)
        number = self._db.insert(insert_new(self._db.dialect, _ADD + lock_rows(self._db.dialect)), values)
        if number == 0:
            return None
        time = self._advance(talk, number)
        if new.type == UNICAST:
            a, b = _sides(new.type, new.from_, new.to)
            sql = _MARK_MYSQL if self._db.dialect == "mysql" else _MARK_ON_CONFLICT
            self._db.run(sql, (a, talk, int(a == new.to), b, talk, int(b == new.to)))
        return Message(
            number, new.from_, new.nick, new.to, new.type, new.body, new.style, time, new.cid, False, False, new.meta
        )

    def _advance(self, talk: str, number: int) -> int:
        """Makes a message the last of its conversation. Returns its time."""
        values = (number, number, talk)
        if self._db.dialect == "mysql":
            return self._db.insert(_ADVANCE_MYSQL, values)
        return int(self._db.rows(f"{_ADVANCE} RETURNING last_time", values)[0][0])

    def set_delivered(self, number: int, arrived: bool) -> None:
        """Marks a message as delivered, unless it has come back as undelivered."""
        self._db.run(_DELIVERED, (int(arrived), number))

    def set_received(self, user: str, messages: Sequence[Message], visible: bool) -> None:
        """Marks the messages to `user` among these as delivered, and as arrived if the user is visible."""
        numbers = [message.id for message in messages if message.to == user and not message.delivered]
        if numbers:
            self._db.run(f"{_ARRIVED if visible else _RECEIVED}({marks(numbers)})", (user, *numbers))

    def set_undelivered(self, numbers: Sequence[int]) -> None:
        """Marks messages as waiting again, the first time that they come back. Unknown ids are ignored."""
        if numbers:
            self._db.run(f"{_RETURNED}({marks(numbers)})", tuple(numbers))

    def missed(self, user: str, rooms: Sequence[str], since: int | None) -> Found:
        """The undelivered messages to a user. With `since`, also all messages from and to the user, in these rooms and
        to everybody after that, at most `CATCH_UP_MAX`, and `CATCH_UP_OVERLAP` before it."""
        parts: dict[str, dict[int, Message]] = {"w": {}, "a": {}, "b": {}}
        chunks = [rooms[at : at + ROOM_BRANCHES] for at in range(0, len(rooms), ROOM_BRANCHES)] or [rooms]
        for number, chunk in enumerate(chunks if since is not None else chunks[:1]):
            sql, args = self._missed(user, chunk, since, number == 0)
            for row in self._db.rows(sql, args):
                message = message_of(row[1:])
                parts[text(row[0])][message.id] = message
        after = [parts["a"][number] for number in sorted(parts["a"])]
        before = [parts["b"][number] for number in sorted(parts["b"])[-CATCH_UP_OVERLAP:]]
        kept = after[:CATCH_UP_MAX]
        found = parts["w"] | {message.id: message for message in [*before, *kept]}
        more = kept[-1].id if len(after) > CATCH_UP_MAX else None
        return Found([found[number] for number in sorted(found)], more)

    def histories(
        self, user: str, others: Sequence[str], rooms: Sequence[str], before: int | None, limit: int
    ) -> tuple[dict[str, list[Message]], dict[str, list[Message]]]:
        """The last `limit` messages with each of these users and in each of these rooms before a time, the oldest
        first, without those that `user` has cleared."""
        branches: list[str] = []
        args: list[object] = []
        for other in others:
            for condition, pair in zip(_WITH_USER, ((user, other), (other, user)), strict=True):
                _branch(branches, args, by(self._db.dialect, "pair") + condition, pair, before, limit)
        for room in rooms:
            _branch(branches, args, by(self._db.dialect, "room") + _IN_ROOM_BY_TIME, (room, user, room), before, limit)
        if not branches:
            return {}, {}
        sql = f"SELECT {COLUMNS} FROM {{p}}messages m JOIN ({' UNION ALL '.join(branches)}) f ON f.id = m.id"
        with_users: dict[str, list[Message]] = {other: [] for other in others}
        in_rooms: dict[str, list[Message]] = {room: [] for room in rooms}
        for message in map(message_of, self._db.rows(sql, args)):
            if message.type == MULTICAST:
                in_rooms[message.to].append(message)
            else:
                with_users[message.to if message.from_ == user else message.from_].append(message)
        for found in (with_users, in_rooms):
            for key, messages in found.items():
                found[key] = sorted(messages, key=lambda message: (message.time, message.id))[-limit:]
        return with_users, in_rooms

    def _missed(self, user: str, rooms: Sequence[str], since: int | None, is_first: bool) -> tuple[str, list[object]]:
        """One query of up to three parts. Each branch walks its own index and stops at its limit."""
        parts: list[str] = []
        args: list[object] = []
        if is_first:
            waiting = Walk("waiting", ("to_id", "delivered"), (user, 0), f"type = 'unicast' AND {_GOT}")
            sql, args = waiting.query(self._db.dialect, 0, UNDELIVERED_MAX)
            parts.append(f"SELECT 'w' AS part, id FROM ({sql}) t")
        if since is not None:
            walks = [Walk("to", ("type", "to_id"), (MULTICAST, room), _IN_ROOM, (user, room)) for room in rooms]
            if is_first:
                walks.append(Walk("from", ("from_id",), (user,), _SENT))
                walks.append(Walk("to", ("type", "to_id"), (UNICAST, user), _GOT))
                walks.append(Walk("to", ("type", "to_id"), (BROADCAST, "")))
            for name, limit, down in (("a", CATCH_UP_MAX + 1, False), ("b", CATCH_UP_OVERLAP, True)):
                found = [walk.query(self._db.dialect, since, limit, down) for walk in walks]
                branches = " UNION ALL ".join(f"SELECT id FROM ({sql}) t" for sql, _ in found)
                end = f"ORDER BY id{' DESC' if down else ''} LIMIT ?"
                parts.append(f"SELECT '{name}' AS part, id FROM (SELECT id FROM ({branches}) u {end}) v")
                args += [value for _, values in found for value in values] + [limit]
        union = " UNION ALL ".join(parts)
        return f"SELECT f.part, {COLUMNS} FROM ({union}) f JOIN {{p}}messages m ON m.id = f.id", args

    def clear_user(self, user: str, other: str) -> None:
        """Clears the history with another user, for `user` alone. What both have cleared is deleted."""
        pair = (user, other, other, user)
        self._db.run(_CLEAR, (user, user, *pair))
        self._db.run(_FORGET, pair)

    def clear_room(self, user: str, room: str) -> None:
        """Clears the history of a room, for `user` alone."""
        self._db.run(_CLEAR_ROOM + upsert(self._db.dialect, "me, room", "upto"), (user, room, room))


def _branch(
    branches: list[str], args: list[object], condition: str, values: Sequence[object], before: int | None, limit: int
) -> None:
    until = "" if before is None else "AND time < ? "
    branches.append(
        f"SELECT id FROM (SELECT id FROM {{p}}messages {condition} AND deleted = 0 {until}"
        "ORDER BY time DESC, id DESC LIMIT ?) t"
    )
    args += [*values, *(() if before is None else (before,)), limit]


def message_of(row: Row) -> Message:
    """The message in a row of `COLUMNS`."""
    number, from_, nick, to, kind, body, style, time, cid, delivered, arrived, meta = row
    return Message(
        int(number),
        text(from_),
        text(nick),
        text(to),
        text(kind),
        text(body),
        text(style),
        int(time),
        None if cid is None else text(cid),
        bool(delivered),
        bool(arrived),
        None if meta is None else text(meta),
    )
