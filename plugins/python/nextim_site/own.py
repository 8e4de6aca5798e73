"""What the kit keeps of a user: settings, blocks, the line beside the presence, and whether the user is to be logged
out.

Owns: the tables `settings`, `blocks` and `meta`; all that a request needs of a user is read by one query. Must not:
call the message server.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .db import Db, insert_new, lock_rows, marks, text, upsert

_PARTS = {
    "setting": "SELECT 'setting' AS part, data AS value FROM {p}settings WHERE me = ?",
    "status": "SELECT 'status', status FROM {p}settings WHERE me = ? AND status IS NOT NULL",
    "block": "SELECT 'block', other FROM {p}blocks WHERE me = ?",
    "blocker": "SELECT 'blocker', me FROM {p}blocks WHERE other = ?",
    "ending": "SELECT 'ending', value FROM {p}meta WHERE name = ?",
    "pruned": "SELECT 'pruned', value FROM {p}meta WHERE name = 'pruned'",
    "ticket": "SELECT 'ticket', me FROM {p}tickets WHERE ticket = ?",
    "talk": "SELECT 'talk', talk FROM {p}talks WHERE talk = ?",
}
_STATUSES = "SELECT me, status, status_time FROM {p}settings WHERE status IS NOT NULL AND me IN "
_META_OF = "SELECT value FROM {p}meta WHERE name = ?"
_FORGET_META = "DELETE FROM {p}meta WHERE name = ?"
_UNBLOCK = "DELETE FROM {p}blocks WHERE me = ? AND other = ?"
_BLOCK = "{p}blocks (me, other) VALUES (?, ?)"
_SET = "INSERT INTO {p}settings (me, data) VALUES (?, ?) "
_SET_STATUS = "INSERT INTO {p}settings (me, data, status, status_time) VALUES (?, '{}', ?, ?) "
_SET_META = "INSERT INTO {p}meta (name, value) VALUES (?, ?) "
_DATA = "SELECT data FROM {p}settings WHERE me = ?"
_OWNER = "SELECT me FROM {p}tickets WHERE ticket = ?"


@dataclass
class Own:
    """What was read of a user."""

    settings: dict[str, Any] = field(default_factory=dict)
    blocked: set[str] = field(default_factory=set)
    """The ids of the users that this user blocks."""
    blockers: set[str] = field(default_factory=set)
    """The ids of the users that block this user."""
    is_ending: bool = False
    """Whether a log-out of the user could not be passed on."""
    pruned: int = 0
    """The greatest id of a message that was removed for its age."""
    ticket_owner: str | None = None
    talk: str | None = None
    """The key of the conversation that was asked for, if it has begun."""
    status: str | None = None
    """The line that the user wrote beside the presence."""


def read(db: Db, user: str, parts: Sequence[str], ticket_hash: str = "", talk: str = "") -> Own:
    """Reads these parts."""
    args = {"ending": (f"ending {user}",), "pruned": (), "ticket": (ticket_hash,), "talk": (talk,)}
    sql = " UNION ALL ".join(_PARTS[part] for part in parts)
    values = [value for part in parts for value in args.get(part, (user,))]
    own = Own()
    for part, value in db.rows(sql, values):
        _fill(own, text(part), text(value))
    return own


def _fill(own: Own, part: str, value: str) -> None:
    if part == "setting":
        own.settings = parsed(value)
    elif part == "status":
        own.status = value
    elif part == "block":
        own.blocked.add(value)
    elif part == "blocker":
        own.blockers.add(value)
    elif part == "ending":
        own.is_ending = True
    elif part == "pruned":
        own.pruned = int(value)
    elif part == "talk":
        own.talk = value
    else:
        own.ticket_owner = value


def parsed(data: str) -> dict[str, Any]:
    """Settings as they are stored; what cannot be read is none."""
    try:
        found = json.loads(data)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def statuses(db: Db, users: Sequence[str]) -> dict[str, tuple[str, int]]:
    """The lines that these users have written in the chat bar, and when."""
    if not users:
        return {}
    rows = db.rows(f"{_STATUSES}({marks(users)})", tuple(users))
    return {text(user): (text(status), int(time)) for user, status, time in rows}


def set_status(db: Db, user: str, status: str, now: int) -> None:
    """Replaces the line beside a user's presence."""
    db.run(_SET_STATUS + upsert(db.dialect, "me", "status", "status_time"), (user, status, now))


def settings(db: Db, user: str, ticket_hash: str = "") -> Own:
    """A user's settings, and the owner of a ticket. Within a transaction nobody else changes the settings until it
    ends."""
    data, owner = db.rows(f"SELECT ({_DATA}{lock_rows(db.dialect)}), ({_OWNER})", (user, ticket_hash))[0]
    kept = {} if data is None else parsed(text(data))
    return Own(kept, ticket_owner=None if owner is None else text(owner))


def set_settings(db: Db, user: str, kept: dict[str, Any]) -> None:
    """Replaces a user's settings."""
    data = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
    db.run(_SET + upsert(db.dialect, "me", "data"), (user, data))


def set_block(db: Db, user: str, other: str, on: bool) -> None:
    """Keeps whether `user` blocks `other`."""
    db.run(insert_new(db.dialect, _BLOCK) if on else _UNBLOCK, (user, other))


def get_meta(db: Db, name: str) -> str | None:
    """A word that the kit keeps for itself."""
    found = db.rows(_META_OF, (name,))
    return text(found[0][0]) if found else None


def set_meta(db: Db, name: str, value: str) -> None:
    """Replaces such a word."""
    db.run(_SET_META + upsert(db.dialect, "name", "value"), (name, value))


def forget_meta(db: Db, name: str) -> None:
    """Removes such a word."""
    db.run(_FORGET_META, (name,))
