"""`rooms`, `join`, `leave` and `members`: the rooms of a user.

Owns: that a room is open to its members only. `leave` takes the user's sessions out of the room, and the user stays a
member. Must not: change who is a member; the host has no call for that.
"""

from __future__ import annotations

from . import own, shapes, tickets
from .host import Me, Room
from .http import Params, Refusal, Response, answer
from .im import CallError, Unreachable
from .limits import ROOMS_MAX
from .params import is_name, listed, required, text
from .plugin import Plugin, unreachable
from .settings import block_room, blocked_rooms


def rooms(plugin: Plugin, me: Me, params: Params) -> Response:
    """`rooms`: the rooms of these ids that are the user's, or all rooms of the user."""
    wanted = listed(params, "ids")
    found = plugin.host.rooms(me, wanted or None)
    blocked = blocked_rooms(own.read(plugin.db, me.id, ("setting",)).settings)
    is_reachable = True
    described = []
    for room in [room for room in found if not wanted or room.id in wanted][:ROOMS_MAX]:
        count = 0
        # A server that cannot be reached for one room is not called for the next.
        if is_reachable:
            try:
                count = len(plugin.im.members(room.id))
            except Unreachable:
                is_reachable = False
            except CallError as error:
                plugin.log_call("members", error)
        described.append(shapes.room(plugin.config, room, count, room.id in blocked))
    return answer(described)


def join(plugin: Plugin, me: Me, params: Params) -> Response:
    """`join`: the user's sessions receive the messages of a room."""
    ticket, room = _choose(plugin, me, params, False)
    count = 0
    try:
        # The choice is kept. If the message server cannot be reached, it takes effect when a page next goes online.
        count = plugin.im.join(me.nick, room.id, ticket=ticket, name=me.id)
    except CallError as error:
        plugin.log_call("room joined", error)
    # The user may have been removed from the room before the message server had this call.
    if not plugin.host.rooms(me, [room.id]):
        _expel(plugin, me, room.id)
        raise no_such_room()
    return answer(shapes.room(plugin.config, room, count, False))


def leave(plugin: Plugin, me: Me, params: Params) -> Response:
    """`leave`: the user's sessions receive no messages of a room, until the user joins again."""
    ticket, room = _choose(plugin, me, params, True)
    _expel(plugin, me, room.id, ticket)
    return answer("ok")


def _expel(plugin: Plugin, me: Me, room: str, ticket: str = "") -> None:
    try:
        plugin.im.leave(me.nick, room, ticket=ticket, name=me.id)
    except CallError as error:
        plugin.log_call("room left", error)


def _choose(plugin: Plugin, me: Me, params: Params, blocked: bool) -> tuple[str, Room]:
    """Keeps whether the user blocks a room."""
    ticket, room = text(params, "ticket"), mine(plugin, me, required(params, "id"))
    return ticket if block_room(plugin, me.id, room.id, blocked, ticket) else "", room


def members(plugin: Plugin, me: Me, params: Params) -> Response:
    """`members`: the members of a room that are online. Of several rooms, by the specification, an object."""
    ticket = text(params, "ticket")
    if ticket:
        tickets.check_owner(me.id, own.read(plugin.db, me.id, ("ticket",), tickets.hashed(ticket)).ticket_owner)
    ids = listed(params, "ids")[:ROOMS_MAX]
    if text(params, "id") or not ids:
        return answer(_members(plugin, mine(plugin, me, required(params, "id"))))
    return answer({room.id: _members(plugin, room) for room in all_mine(plugin, me, ids)})


def _members(plugin: Plugin, room: Room) -> list[dict[str, str]]:
    try:
        return plugin.im.members(room.id)
    except CallError:
        raise unreachable() from None


def mine(plugin: Plugin, me: Me, room: str) -> Room:
    """The room of this id, if the user is a member. The refusal does not show whether there is such a room."""
    return all_mine(plugin, me, [room])[0]


def all_mine(plugin: Plugin, me: Me, ids: list[str]) -> list[Room]:
    """The rooms of these ids, if the user is a member of all. The host is asked once."""
    found = {room.id: room for room in plugin.host.rooms(me, ids)} if all(map(is_name, ids)) else {}
    if not all(one in found for one in ids):
        raise no_such_room()
    return [found[one] for one in ids]


def no_such_room() -> Refusal:
    """The refusal for a room that is not the user's."""
    return Refusal(404, "There is no such group among yours.")
