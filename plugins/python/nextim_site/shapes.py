"""The JSON that the chat bar expects.

Owns: the shapes of users, rooms and messages. Must not: use the database or the message server; all values are given.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from .archive import Message
from .config import Config
from .host import Person, Room
from .im import Presence

STRANGER = "stranger"
"""The contact group of users who are no friends."""

Json = dict[str, Any]


def buddy(
    config: Config, user: Person, group: str, presence: Presence | None, written: tuple[str, int] | None = None
) -> Json:
    """A user in this contact group. `presence` is none for a user who is offline or must look so; `written` is the line
    that the user wrote in the chat bar, and when."""
    last, time = written or (user.status, 0)
    return {
        "id": user.id,
        "uid": user.uid,
        "nick": user.nick,
        # Always sent, because older front ends take a missing one for `online`.
        "presence": "online" if presence else "offline",
        "show": presence.show if presence else "unavailable",
        "status": presence.status if presence else last,
        "status_time": clock(time) if time > 0 else "",
        "group": group,
        "url": config.link(user.url),
        "pic_url": config.link(user.pic_url),
        "default_pic_url": config.link(config.default_user_pic),
    }


def room(config: Config, found: Room, count: int, blocked: bool) -> Json:
    """A room, as a member sees it, with `count` members online."""
    return {
        "id": found.id,
        "nick": found.nick,
        "url": config.link(found.url),
        "pic_url": config.link(found.pic_url),
        "default_pic_url": config.link(config.default_room_pic),
        "count": count,
        "all_count": found.all_count,
        "blocked": blocked,
    }


def line(message: Message, reader: str) -> Json:
    """A message as JSON for this reader."""
    item: Json = {
        "id": str(message.id),
        "from": message.from_,
        "nick": message.nick,
        "to": message.to,
        "timestamp": message.time,
        "type": message.type,
        "body": message.body,
        "style": message.style,
    }
    if message.meta is not None:
        item["meta"] = json.loads(message.meta)
    if message.from_ == reader:
        item["arrived"] = message.arrived
        if message.cid is not None:
            # The page knows by it that the message was accepted.
            item["cid"] = message.cid
    return item


def lines(messages: Sequence[Message], reader: str) -> list[Json]:
    """Messages as JSON for this reader."""
    return [line(message, reader) for message in messages]


def clock(time: int) -> str:
    """Hours and minutes of a time in ms, in UTC."""
    minute = time // 60_000 % 1_440
    return f"{minute // 60:02}:{minute % 60:02}"
