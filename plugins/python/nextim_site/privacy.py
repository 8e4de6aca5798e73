"""What happens to messages that are old, and to those of a user who asks.

Owns: `prune`, `export` and `erase`. Must not: do more in one call than `PRUNE_ROWS_MAX` messages; the caller
repeats it.
"""

from __future__ import annotations

from typing import Any

from . import devices, own, shapes, tickets
from .archive import COLUMNS, UNICAST, Message, message_of
from .db import marks
from .limits import PRUNE_ROWS_MAX
from .plugin import Plugin
from .walk import Walk

_DAY_MS = 86_400_000
_OLDEST = "SELECT id, time FROM {p}messages ORDER BY id LIMIT ?"
_GREATEST = "SELECT MAX(id) FROM {p}messages"
_DELETE = "DELETE FROM {p}messages WHERE id IN "
_DELETE_REACTIONS = "DELETE FROM {p}reactions WHERE message IN "
_EXPIRE_RATES = "DELETE FROM {p}rates WHERE due < ?"
_EMPTY = """UPDATE {p}messages SET body = '', nick = '', style = '', meta = NULL, cid = NULL, deleted = 1, rev = rev + 1
    WHERE id IN """
_ERASED = (
    "DELETE FROM {p}settings WHERE me = ?",
    "DELETE FROM {p}marks WHERE me = ?",
    "DELETE FROM {p}room_clears WHERE me = ?",
    "DELETE FROM {p}blocks WHERE me = ?",
    "DELETE FROM {p}blocks WHERE other = ?",
    "DELETE FROM {p}reactions WHERE me = ?",
    "DELETE FROM {p}files WHERE me = ?",
    "DELETE FROM {p}subscriptions WHERE me = ?",
    "DELETE FROM {p}tickets WHERE me = ?",
    "DELETE FROM {p}chat_passwords WHERE me = ?",
)


def prune(plugin: Plugin, days: int) -> int:
    """Removes messages that are older than this many days, the oldest first. Returns how many; call it until it is 0.
    The newest message stays, because an old InnoDB counts on from the greatest id that it finds."""
    db, until = plugin.db, plugin.now() - days * _DAY_MS
    tickets.expire(db, plugin.now())
    db.run(_EXPIRE_RATES, (plugin.now(),))
    oldest = db.rows(_OLDEST, (PRUNE_ROWS_MAX,))
    greatest = db.rows(_GREATEST)[0][0]
    old = [int(number) for number, time in oldest if int(time) < until and number != greatest]
    if not old:
        return 0

    def remove() -> None:
        db.run(f"{_DELETE}({marks(old)})", tuple(old))
        db.run(f"{_DELETE_REACTIONS}({marks(old)})", tuple(old))
        # A page whose last message is older is told that it lacks some.
        own.set_meta(db, "pruned", str(old[-1]))

    db.atomic(remove)
    return len(old)


def export(plugin: Plugin, user: str, after: int = 0) -> dict[str, Any]:
    """What the kit keeps of a user: settings, blocks, devices with a chat password, and the messages from and to the
    user after an id, with `next` if there are more."""
    read = own.read(plugin.db, user, ("setting", "status", "block"))
    limit = PRUNE_ROWS_MAX
    walks = (
        Walk("from", ("from_id",), (user,), "deleted = 0 AND from_gone = 0"),
        Walk("to", ("type", "to_id"), (UNICAST, user), "deleted = 0 AND to_gone = 0"),
    )
    (sent, sent_args), (got, got_args) = (walk.query(plugin.db.dialect, after, limit) for walk in walks)
    rows = plugin.db.rows(
        f"SELECT {COLUMNS} FROM (SELECT id FROM ({sent}) a UNION SELECT id FROM ({got}) b) f"
        " JOIN {p}messages m ON m.id = f.id ORDER BY m.id LIMIT ?",
        (*sent_args, *got_args, limit),
    )
    found: list[Message] = [message_of(row) for row in rows]
    return {
        "settings": read.settings,
        "status": read.status or "",
        "blocked": sorted(read.blocked),
        "devices": [
            {"device": one.device, "created": one.created, "used": one.used} for one in devices.of(plugin.db, user)
        ],
        "messages": shapes.lines(found, user),
        "next": found[-1].id if len(found) == limit else None,
    }


def erase(plugin: Plugin, user: str) -> bool:
    """Empties what a user wrote, and removes all else of the user. The rows stay, as deleted messages. Returns whether
    it is done; call it until then."""
    db = plugin.db
    written, args = Walk("from", ("from_id",), (user,)).query(db.dialect, 0, PRUNE_ROWS_MAX)
    found = [int(row[0]) for row in db.rows(written, args)]
    if found:
        db.run(f"{_EMPTY}({marks(found)})", tuple(found))
    if len(found) == PRUNE_ROWS_MAX:
        return False
    for sql in _ERASED:
        db.run(sql, (user,))
    own.forget_meta(db, f"ending {user}")
    devices.log_in(db, user)
    return True
