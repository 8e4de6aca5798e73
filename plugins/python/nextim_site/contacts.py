"""`buddies`, `block` and `unblock`: a user's contacts, and their presence.

Owns: which users may see each other's presence. Must not: ask the message server about a user who blocks or is blocked.
"""

from __future__ import annotations

from collections.abc import Sequence

from . import own, shapes
from .host import Me, Person
from .http import Params, Response, answer, forbidden
from .im import CallError, Presence
from .own import Own
from .params import listed, required
from .plugin import Circle, Plugin, no_such_user
from .shapes import STRANGER, Json

BLOCKS = ("block", "blocker")


def describe(plugin: Plugin, circle: Circle, others: Sequence[Person], present: Sequence[Presence]) -> list[Json]:
    """These users as the user of the circle sees them; `present` are those who are online."""
    written = own.statuses(plugin.db, [other.id for other in others])
    online = {presence.name: presence for presence in present}
    described = []
    for other in others:
        is_apart = circle.is_apart(other.id)
        presence = None if is_apart else online.get(other.id)
        group = circle.groups.get(other.id, STRANGER)
        shape = shapes.buddy(plugin.config, other, group, presence, written.get(other.id))
        if is_apart:
            shape["status"] = shape["status_time"] = ""
        if other.id in circle.blocked:
            shape["blocked"] = True
        described.append(shape)
    return described


def names(circle: Circle, others: Sequence[Person]) -> list[str]:
    """The ids of those among these users whose presence this user may see."""
    return [other.id for other in others if not circle.is_apart(other.id)]


def buddies(plugin: Plugin, me: Me, params: Params) -> Response:
    """`buddies`: these users, by id or uid, and the strangers on the page. Unknown ids are left out."""
    wanted = [*listed(params, "ids"), *listed(params, "stranger_ids")]
    circle = plugin.circle(me, own.read(plugin.db, me.id, BLOCKS), wanted, "those")
    others = [other for other in circle.people if other.id != me.id]
    visible = names(circle, others)
    try:
        present = plugin.im.onlines(visible) if visible else []
    except CallError:
        # Without the message server no message reaches anybody, so all are offline.
        present = []
    return answer(describe(plugin, circle, others, present))


def card(plugin: Plugin, me: Me, params: Params) -> Response:
    """`vcard` of the gateway to XMPP: who a user is."""
    circle = plugin.circle(me, own.read(plugin.db, me.id, BLOCKS), [required(params, "to")], "those")
    if not circle.people:
        raise no_such_user()
    return answer(describe(plugin, circle, circle.people, [])[0])


def block(plugin: Plugin, me: Me, params: Params) -> Response:
    """`block`: no more messages from a user, and neither sees the other's presence."""
    other = _other(plugin, me, params)
    if not plugin.host.block(me, other.id, True):
        own.set_block(plugin.db, me.id, other.id, True)
    try:
        plugin.im.unlink(me.id, other.id)
    except CallError as error:
        plugin.log_call("block", error)
    return answer("ok")


def unblock(plugin: Plugin, me: Me, params: Params) -> Response:
    """`unblock`: the contrary. The two see each other when a page of one of them next goes online."""
    other = _other(plugin, me, params)
    if not plugin.host.block(me, other.id, False):
        own.set_block(plugin.db, me.id, other.id, False)
    return answer("ok")


def _other(plugin: Plugin, me: Me, params: Params) -> Person:
    found = plugin.person(required(params, "id"))
    if found is None or found.id == me.id:
        raise no_such_user()
    return found


def writable(plugin: Plugin, me: Me, to: str, read: Own) -> Person:
    """The user of this id or uid, if the two may write to each other."""
    circle = plugin.circle(me, read, [to], "none")
    if not circle.people:
        raise no_such_user()
    other = circle.people[0]
    if other.id == me.id:
        raise forbidden("You cannot write to yourself.")
    if other.id in circle.blocked:
        raise forbidden("You have blocked %s.", other.nick)
    if circle.is_apart(other.id):
        raise forbidden("%s does not take messages from you.", other.nick)
    return other
