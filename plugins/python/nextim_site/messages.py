"""`message`: a user sends a message.

Owns: which users may write to each other, and the order of the steps:

1. check the text, the rate and the receiver
2. store the message: it is accepted from now on, even if all that follows fails
3. push it, with its id and time from the archive
4. mark it as delivered, if the message server has queued it for a page

The answer says whether a visible page has it, and never more: that would show that a user who looks offline is online.
Must not: read the parameters `from`, `nick`, `timestamp` and `offline`, which old front ends send.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from . import meta, own, style, tickets
from .archive import BROADCAST, MULTICAST, UNICAST, Message, NewMessage, talk_of
from .contacts import BLOCKS, writable
from .host import Me
from .http import Params, Response, answer, bad, to_json, unavailable
from .im import CallError, NoSession, Push, Pushed
from .limits import CID_BYTES_MAX, IM_CALL_S, MESSAGE_BYTES_MAX, SEND_BYTES
from .own import Own
from .params import is_name, required, text
from .plugin import Plugin
from .rooms import mine

_KINDS = {
    "": UNICAST,
    "unicast": UNICAST,
    "chat": UNICAST,
    "multicast": MULTICAST,
    "grpchat": MULTICAST,
    "broadcast": BROADCAST,
}


@dataclass(frozen=True)
class _Draft:
    """A message as the page sent it."""

    kind: str
    body: str
    style: str
    cid: str | None
    meta: str | None
    ticket: str


def message(plugin: Plugin, me: Me, params: Params) -> Response:
    """`message`: stores and pushes a message."""
    draft = _draft(params)
    plugin.may_send(me.id, _weight(draft.body))
    asked = text(params, "to")
    talk = talk_of(draft.kind, me.id, asked) if is_name(asked) else ""
    read = own.read(plugin.db, me.id, ("ticket", "talk", *BLOCKS), tickets.hashed(draft.ticket), talk)
    if draft.ticket:
        tickets.check_owner(me.id, read.ticket_owner)
    draft = replace(draft, body=plugin.host.edit(me, draft.body))
    _check_body(draft.body)
    to = _receiver(plugin, me, params, draft.kind, read)
    stored = plugin.archive.add(
        NewMessage(draft.kind, me.id, me.nick, to, draft.body, draft.style, draft.cid, draft.meta), read.talk
    )
    arrived = stored.arrived
    if not stored.delivered:
        # A ticket that is not known has ended, perhaps while the request was on its way.
        arrived = push(plugin, stored, draft.ticket if read.ticket_owner else "")
    if draft.cid is None:
        return answer("ok")
    return answer({"status": "ok", "id": str(stored.id), "timestamp": stored.time, "arrived": arrived})


def _draft(params: Params) -> _Draft:
    kind = _KINDS.get(text(params, "type"))
    if kind is None:
        raise bad("bad parameter: type")
    body = params.get("body")
    _check_body(body)
    cid = text(params, "cid") or None
    if cid is not None and (len(cid.encode()) > CID_BYTES_MAX or "\0" in cid):
        raise bad("bad parameter: cid")
    return _Draft(
        kind,
        body,
        "" if kind == BROADCAST else style.allowed(text(params, "style")),
        cid,
        meta.checked(text(params, "meta")),
        text(params, "ticket"),
    )


def _check_body(body: str) -> None:
    if not body.strip():
        raise bad("This message is empty.")
    if len(body.encode("utf-8", "replace")) > MESSAGE_BYTES_MAX:
        raise bad("This message is too long.")
    if "\0" in body:
        raise bad("bad parameter: body")


def _weight(body: str) -> int:
    """How many messages it counts as."""
    return len(to_json(body).encode("utf-8", "replace")) // SEND_BYTES + 1


def _receiver(plugin: Plugin, me: Me, params: Params, kind: str, read: Own) -> str:
    """The id of the user or the room that it goes to, if this user may write there."""
    if kind == BROADCAST:
        plugin.may(me, "broadcast")
        return ""
    to = required(params, "to")
    to = mine(plugin, me, to).id if kind == MULTICAST else writable(plugin, me, to, read).id
    plugin.may(me, "write", to)
    return to


def push(plugin: Plugin, stored: Message, ticket: str = "", seconds: float = IM_CALL_S) -> bool:
    """Steps 3 and 4. Returns whether a visible page has the message. A failure here is no failure of the request: the
    message waits until its receiver goes online. Only to everybody a message is no use later."""
    try:
        pushed = _push(plugin, stored, ticket, seconds)
    except CallError as error:
        if stored.type == BROADCAST:
            raise unavailable("The message is stored, but was not sent. The chat cannot be reached.") from None
        plugin.log_call("message", error)
        return False
    # A message to a room counts as delivered when it is pushed; members who were offline find it in the history.
    arrived = pushed.visible > 0
    if pushed.delivered > 0 or stored.type != UNICAST:
        try:
            plugin.archive.set_delivered(stored.id, arrived)
        except Exception as error:
            # It is stored and pushed. It will come once more, and a page shows an id once.
            plugin.log("warning", f"a message will be delivered twice: {type(error).__name__}")
    return arrived


def _push(plugin: Plugin, stored: Message, ticket: str, seconds: float) -> Pushed:
    pushed = Push(
        str(stored.id),
        stored.type,
        stored.from_,
        stored.nick,
        stored.to,
        stored.body,
        stored.style,
        stored.time,
        stored.meta,
        ticket or None,
    )
    try:
        return plugin.im.message(pushed, seconds)
    except NoSession:
        if not ticket:
            raise
    # The sender's session has ended, or the message server was restarted. The sender's page then goes online again.
    return plugin.im.message(replace(pushed, ticket=None), seconds)
