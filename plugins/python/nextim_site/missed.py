"""`missed`, and the missed messages of `online`: the messages that a page has not seen.

Owns: their choice and order, the oldest first: a page then asks for the messages after the last one it has. Must not:
mark a message as delivered that is not in the answer.
"""

from __future__ import annotations

from collections.abc import Sequence

from . import own, shapes
from .archive import UNICAST, Message
from .host import Me, Room
from .http import Params, Response, answer, bad
from .params import is_name, number, required, text
from .plugin import Plugin
from .settings import blocked_rooms
from .shapes import Json


class Missed:
    """Messages that a page has not seen."""

    def __init__(self, plugin: Plugin, me: Me, params: Params, rooms: Sequence[str], pruned: int) -> None:
        """Finds the undelivered messages and, for a page that names the last message it has seen, all after that."""
        self._since = number(text(params, "since"))
        found = plugin.archive.missed(me.id, rooms, self._since)
        self.messages = found.messages
        self._more = found.more
        self._is_gap = self._since is not None and self._since < pruned

    def fill(self, shape: Json, reader: str) -> Json:
        """Puts the messages into an answer. New ones are marked, to part them from messages that are only repeated."""
        lines = shapes.lines(self.messages, reader)
        for line, message in zip(lines, self.messages, strict=True):
            if self._is_new(message, reader):
                line["new"] = True
        shape["new_messages"] = lines
        if self._more is not None:
            shape["more"] = str(self._more)
        if self._is_gap:
            shape["gap"] = True
        return shape

    def _is_new(self, message: Message, reader: str) -> bool:
        """Whether a message is new to the user. One to this user alone is new if it waited: a delivered one was on
        another page. Only the page knows whether one to a room or to everybody was seen: it is new if it came after
        `since`."""
        if message.from_ == reader:
            return False
        if message.type == UNICAST:
            return not message.delivered
        return self._since is not None and message.id > self._since


def missed(plugin: Plugin, me: Me, params: Params) -> Response:
    """`missed`: the messages after the last one that the page has."""
    if number(required(params, "since")) is None:
        raise bad("bad parameter: since")
    read = own.read(plugin.db, me.id, ("setting", "pruned"))
    rooms = open_rooms(plugin.host.rooms(me), blocked_rooms(read.settings))
    found = Missed(plugin, me, params, rooms, read.pruned)
    shape = found.fill({}, me.id)
    plugin.archive.set_received(me.id, found.messages, False)
    return answer(shape)


def open_rooms(rooms: Sequence[Room], blocked: Sequence[str]) -> list[str]:
    """The ids of the rooms that a user does not block."""
    return [room.id for room in rooms if room.id not in blocked and is_name(room.id)]
