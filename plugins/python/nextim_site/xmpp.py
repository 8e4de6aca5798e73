"""`xmpp`: the gateway to XMPP asks for its members.

Owns: this request, which proves its identity by the apikey, and its actions. Must not: look who is logged in; no
browser asks here. The rules are those of the endpoints of the same name.
"""

from __future__ import annotations

from collections.abc import Callable

from . import contacts, devices, history, messages, presence, rooms
from .chat_passwords import admit, auth, session
from .host import Me
from .http import Params, Refusal, Request, Response, answer, bad, forbidden
from .im import CallError
from .online import begin
from .params import is_name, required
from .plugin import Plugin, unreachable
from .shapes import STRANGER, Json
from .undelivered import back, read

_ACTIONS: dict[str, tuple[bool, Callable[[Plugin, Me, Params], Response]]] = {
    "offline": (False, presence.offline),
    "presence": (True, presence.presence),
    "status": (False, presence.typing),
    "join": (True, rooms.join),
    "leave": (True, rooms.leave),
    "members": (False, rooms.members),
    "message": (False, messages.message),
    "vcard": (False, contacts.card),
    "history": (False, history.recent),
}
"""Each action of a session, and whether it has a rate of its own."""


def xmpp(plugin: Plugin, request: Request) -> Response:
    """`xmpp`: one action for one user."""
    fields = read(plugin, request)
    if not isinstance(fields, dict):
        raise bad("the body must be an object with an action")
    params = Params.of_json(fields)
    user, action = required(params, "user"), required(params, "action")
    me = _member(plugin, user)
    if action == "auth":
        return auth(plugin, me, params)
    if me is None:
        raise forbidden("This account cannot chat.")
    if action == "missed":
        return back(plugin, fields.get("messages"))
    admit(plugin, me)
    if action == "online":
        return _online(plugin, me, params)
    if action not in _ACTIONS:
        raise Refusal(501, "This site does not serve this.")
    is_act, function = _ACTIONS[action]
    if is_act:
        plugin.may_act(me.id, action)
    return function(plugin, me, params)


def _member(plugin: Plugin, user: str) -> Me | None:
    """The user of exactly this id; numbers name nobody here."""
    people = plugin.host.people([user], []) if is_name(user) else ()
    found = next((person for person in people if person.id == user), None)
    return None if found is None else Me.of(found, session(plugin.config, user))


def _online(plugin: Plugin, me: Me, params: Params) -> Response:
    """A member's first client is there. It has no open chats and no histories."""

    def who() -> Me | None:
        return None if devices.is_logged_out(plugin.db, me.id) else _member(plugin, me.id)

    if who() is None:
        raise Refusal(401, "A chat password was revoked. Please log in again.")
    plugin.may_act(me.id, "online")
    try:
        page = begin(plugin, me, params, who)
    except CallError:
        raise unreachable() from None
    return answer(
        {
            "user": me.id,
            "nick": me.nick,
            "ticket": page["connection"]["ticket"],
            "server": page["connection"]["server"],
            "buddies": [_buddy(buddy) for buddy in page["buddies"] if buddy["group"] != STRANGER],
            "rooms": [_named(room) for room in page["rooms"].values() if not room["blocked"]],
            "channels": [{**_named(channel), "url": channel["url"]} for channel in page["channels"]],
            "messages": page["new_messages"],
        }
    )


def _named(entry: Json) -> Json:
    return {"name": entry["id"], "nick": entry["nick"]}


def _buddy(buddy: Json) -> Json:
    kept = {"pic": buddy["pic_url"], **{name: buddy[name] for name in ("group", "show", "status")}}
    return {**_named(buddy), **kept}
