"""`online`: a page begins to chat.

Owns: the order of the steps, by which no message is lost:

1. log in, if the chat bar's own form asks for it
2. find the messages that the user or the page has missed
3. collect the contacts that the page must know: friends, open chats, senders of those messages, strangers on the page;
   and the rooms
4. open a session at the message server, which queues all messages from now on; then do step 2 once more, for messages
   that came before
5. set presence and show of every contact, also of those that are offline
6. put the histories of open chats and of those senders into the answer
7. only then note that the messages were handed over

Must not: read the user's name from a parameter, but in step 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from . import own, shapes, tickets
from .archive import UNICAST
from .contacts import BLOCKS, describe, names
from .cookie import hint
from .host import Extras, Me, Person, Room
from .http import Params, Refusal, Request, Response, answer, log_in_first
from .im import INVISIBLE, CallError, NewSession, NotAuthorized, Presence, Session
from .limits import (
    EXPIRES_S_MAX,
    EXPIRES_S_MIN,
    HISTORIES_MAX,
    HISTORY_MAX,
    OPEN_CHATS_MAX,
    SHOW_BYTES_MAX,
    STATUS_BYTES_MAX,
)
from .missed import Missed, open_rooms
from .own import Own
from .params import clearable, listed, short, text
from .plugin import Circle, Plugin
from .settings import blocked_rooms
from .shapes import Json

_OLD = "3"
"""The version of older front ends, which know only two types of messages."""
_CURRENT = "6"
"""The version of the chat bar."""
_FAILED = {"success": False}


def online(plugin: Plugin, request: Request) -> Response:
    """Opens a session for a page."""
    params = request.params
    me = _log_in(plugin, request)
    if isinstance(me, Response):
        return me
    plugin.may_act(me.id, "online")
    words = plugin.host.may(me, "chat")
    if words is not None:
        # The paper's word is for older front ends, and the site's own for the bar.
        return answer({**_FAILED, "error_msg": "Forbidden", "error": words, "status": 403})
    # A user who has logged in just now has no request that shows it yet.
    who = (lambda: me) if me.cookies else (lambda: plugin.host.me(request))
    try:
        shape = begin(plugin, me, params, who)
    except CallError as error:
        return _failed("IM Server Not Authorized" if isinstance(error, NotAuthorized) else "IM Server Not Found")
    cookies = [("Set-Cookie", cookie) for cookie in me.cookies]
    return answer(shape).with_headers([*cookies, *hint(plugin.config, request, me)])


def begin(plugin: Plugin, me: Me, params: Params, who: Callable[[], Me | None]) -> Json:
    """All that comes after the log-in; a `CallError` if the message server opens no session. `who` looks the user of
    the log-in up once more when the session is open."""
    show = short(params, "show", SHOW_BYTES_MAX)
    sent = clearable(params, "status", STATUS_BYTES_MAX)
    knowledge = _Knowledge.gather(plugin, me, params)
    if knowledge.own.is_ending:
        plugin.forget_ending(me)
    status = knowledge.status if sent is None else sent
    session = plugin.im.online(knowledge.session(me, show, status))
    try:
        # A log-out from now on finds the ticket, and one before is found below.
        tickets.add(plugin.db, session.ticket, me.id, me.session, plugin.now())
        knowledge.look_again(plugin, me, params)
        shape = _shape(plugin, me, knowledge, session, Presence(me.id, show or "available", status))
        _check_again(plugin, who, me, knowledge)
        _hand_over(plugin, me, knowledge, show, status if sent is not None else None)
    except Exception:
        # No page has the ticket, so the session would end by itself; until then others would see the user online.
        _end(plugin, session)
        raise
    return shape


def _log_in(plugin: Plugin, request: Request) -> Me | Response:
    """Step 1: the user of the site's session, or of the chat bar's own form. A wrong name or password in that form is
    answered with 200, as older front ends expect it."""
    name = text(request.params, "username")
    if not name:
        me = plugin.host.me(request)
        if me is None:
            return _failed("Not Authorized").with_status(401).with_headers(hint(plugin.config, request, None))
        return me
    try:
        me = plugin.host.log_in(request, name, request.params.get("password"))
    except Refusal as refusal:
        if refusal.status not in (401, 403):
            raise
        return _failed("Forbidden" if refusal.status == 403 else "Not Authorized")
    return _failed("Not Authorized") if me is None else me


def _failed(error_msg: str) -> Response:
    return answer({**_FAILED, "error_msg": error_msg})


def _end(plugin: Plugin, session: Session) -> None:
    try:
        tickets.remove(plugin.db, session.ticket)
    except Exception as error:  # The database may be why the session ends. The row is removed when it is too old.
        plugin.log("warning", f"ticket of a failed online: {type(error).__name__}")
    try:
        plugin.im.offline(ticket=session.ticket)
    except CallError as error:
        plugin.log_call("failed online", error)


@dataclass
class _Knowledge:
    """All that an answer needs from the database."""

    own: Own
    circle: Circle
    contacts: list[Person]
    """All users that the page must know."""
    open: list[Person]
    """The contacts whose history is wanted."""
    rooms: list[Room]
    wanted_rooms: list[str]
    """The ids of the rooms whose history is wanted."""
    open_rooms: list[str]
    """The rooms of the user that are not blocked."""
    extras: Extras
    missed: Missed
    status: str
    """The line beside the user's presence, as it was kept."""
    is_old: bool
    """Whether the front end is an older one."""

    @staticmethod
    def gather(plugin: Plugin, me: Me, params: Params) -> _Knowledge:
        """Steps 2 and 3."""
        read = own.read(plugin.db, me.id, ("setting", "status", "ending", "pruned", *BLOCKS))
        is_old = text(params, "version") == _OLD
        rooms = list(plugin.host.rooms(me))
        unblocked = open_rooms(rooms, blocked_rooms(read.settings))
        missed = Missed(plugin, me, params, unblocked, read.pruned)
        senders = [_other(message.from_, message.to, me) for message in missed.messages if message.type == UNICAST]
        buddy_ids = listed(params, "buddy_ids")
        named = [*buddy_ids, *senders, *listed(params, "stranger_ids")]
        circle = plugin.circle(me, read, named, "all")
        others = [other for other in circle.people if other.id != me.id]
        wanted = {*buddy_ids, *senders}
        open_ = [other for other in others if other.id in wanted or (other.uid and other.uid in wanted)]
        known = {contact.id: contact for contact in [*circle.contacts, *others]}
        # The messages of a blocked room are for later, when the user joins it again.
        wanted_rooms = [room for room in listed(params, "room_ids") if room in unblocked]
        extras = plugin.host.extras(me)
        if is_old:
            extras = Extras(extras.menu, ())
        kept = me.status if read.status is None else read.status
        return _Knowledge(
            read,
            circle,
            [*known.values()],
            open_[:OPEN_CHATS_MAX],
            rooms,
            wanted_rooms[:HISTORIES_MAX],
            unblocked,
            extras,
            missed,
            kept,
            is_old,
        )

    def session(self, me: Me, show: str, status: str) -> NewSession:
        """The session to open. It ends before the user's log-in does: then no chat outlives that."""
        rest = EXPIRES_S_MAX if me.expires_s is None else me.expires_s
        return NewSession(
            me.id,
            me.nick,
            show,
            status,
            names(self.circle, self.contacts),
            [*self.open_rooms, *(channel.id for channel in self.extras.channels)],
            _OLD if self.is_old else _CURRENT,
            max(EXPIRES_S_MIN, min(EXPIRES_S_MAX, rest)),
        )

    def look_again(self, plugin: Plugin, me: Me, params: Params) -> None:
        """Step 2 again: messages that came before there was a session were pushed to none."""
        self.missed = Missed(plugin, me, params, self.open_rooms, self.own.pruned)


def _other(from_: str, to: str, me: Me) -> str:
    return to if from_ == me.id else from_


def _shape(plugin: Plugin, me: Me, knowledge: _Knowledge, session: Session, myself: Presence) -> Json:
    """Steps 5 and 6."""
    config = plugin.config
    buddies = describe(plugin, knowledge.circle, knowledge.contacts, session.buddies)
    with_users, in_rooms = plugin.archive.histories(
        me.id, [other.id for other in knowledge.open], knowledge.wanted_rooms, None, HISTORY_MAX
    )
    histories = {key: shapes.lines(found, me.id) for key, found in with_users.items()}
    room_histories = {key: shapes.lines(found, me.id) for key, found in in_rooms.items()}
    for buddy in buddies:
        if buddy["id"] in histories:
            buddy["history"] = histories[buddy["id"]]
    blocked = blocked_rooms(knowledge.own.settings)
    rooms = {}
    for room in knowledge.rooms:
        rooms[room.id] = shapes.room(config, room, session.rooms.get(room.id, 0), room.id in blocked)
        if room.id in room_histories:
            rooms[room.id]["history"] = room_histories[room.id]
    shape: Json = {
        "success": True,
        "server_time": plugin.now(),
        "user": shapes.buddy(config, me, "", myself),
        "connection": {"ticket": session.ticket, "domain": config.domain, "server": _poll_url(plugin, session)},
        "buddies": buddies,
        "buddy_online_ids": ",".join(buddy["id"] for buddy in buddies if buddy["presence"] == "online"),
        "rooms": rooms,
        "histories": histories | room_histories,
        "setting": knowledge.own.settings,
        "menu": [{**entry, "url": config.link(str(entry.get("url", "")))} for entry in knowledge.extras.menu],
        "channels": [
            {"id": channel.id, "nick": channel.nick, "url": config.link(channel.url)}
            for channel in knowledge.extras.channels
        ],
        "can": [],
    }
    return knowledge.missed.fill(shape, me.id)


def _poll_url(plugin: Plugin, session: Session) -> str:
    """The URL that the page polls: the one that is set, else the one that the message server names."""
    if plugin.config.public_url or not session.server:
        return (plugin.config.public_url or plugin.config.server).rstrip("/") + "/packets"
    return session.server


def _check_again(plugin: Plugin, who: Callable[[], Me | None], me: Me, knowledge: _Knowledge) -> None:
    """Rights that the user lost while the message server was called are taken from the session, which was opened with
    them."""
    still = who()
    if still is None or still.id != me.id or still.session != me.session:
        raise log_in_first()
    plugin.may(still, "chat")
    read = own.read(plugin.db, me.id, ("setting", *BLOCKS))
    rooms = open_rooms(plugin.host.rooms(me), blocked_rooms(read.settings))
    apart = plugin.apart(me, read)
    try:
        for left in set(knowledge.open_rooms).difference(rooms):
            plugin.im.leave(me.nick, left, name=me.id)
        for other in names(knowledge.circle, knowledge.contacts):
            if other in apart:
                plugin.im.unlink(me.id, other)
    except CallError as error:
        plugin.log_call("rights that ended", error)


def _hand_over(plugin: Plugin, me: Me, knowledge: _Knowledge, show: str, status: str | None) -> None:
    """Step 7, and what else is kept of this page. The status of an invisible user is for the user's own pages only."""
    if status is not None and status != knowledge.status and show != INVISIBLE:
        own.set_status(plugin.db, me.id, status, plugin.now())
    plugin.archive.set_received(me.id, knowledge.missed.messages, show != INVISIBLE)
