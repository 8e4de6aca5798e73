"""Events on the site's pages that concern the chat.

Owns: one method for each such event, which passes it on to the message server. Must not: check rights; the page that
calls has done so.

Call them after the host's commit. They never raise. Each takes a second at most, and after a failure none calls for
five seconds: a dead server slows one page and not all. Nothing is lost by that: a page that goes online brings the
true state, and log-outs that could not be passed on are kept until then.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence

from . import devices, own, tickets
from .archive import BROADCAST, NewMessage
from .host import Channel, Person
from .im import CallError, NoSession, Push
from .limits import MESSAGE_BYTES_MAX, TELL_S, TELL_SILENCE_MS
from .messages import push
from .plugin import Plugin
from .settings import blocked_rooms

_SILENCE = "silence"
_Call = Callable[[float], object]


class Tell:
    """What the host's pages call."""

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin

    def logged_out(self, session: str) -> None:
        """A log-in has ended: its pages go offline, and no other pages of the user. `session` is what `Me.session`
        was."""
        self._safely("log-out", lambda: self._end_session(session))

    def logged_out_everywhere(self, user: str) -> None:
        """All log-ins of a user have ended. Clients of XMPP come back by themselves."""
        self._safely("log-out everywhere", lambda: self._end_user(user))

    def new_password(self, user: str) -> None:
        """A user has a new password at the site: all log-ins and the chat passwords of all devices end."""
        self._safely("new password", lambda: devices.remove_all(self._plugin.db, user))
        self.logged_out_everywhere(user)

    def banned(self, user: str) -> None:
        """A user is banned."""
        self._safely("ban", lambda: self._end_user(user))

    def erased(self, user: str) -> None:
        """An account is deleted. `privacy.erase` removes what the user wrote."""
        self._safely("erasure", lambda: self._end_user(user))

    def apart(self, one: str, other: str) -> None:
        """A friendship has ended, or one has blocked the other: neither sees the other's presence any more."""
        self._safely("apart", lambda: self._call([lambda s: self._plugin.im.unlink(one, other, s)]))

    def entered(self, user: str, room: str, nick: str = "") -> None:
        """A user has become a member. Pages that are open receive the room's messages from now on."""
        self._safely("room entered", lambda: self._enter(user, room, nick))

    def left(self, user: str, room: str, nick: str = "") -> None:
        """A membership has ended."""
        self._safely("room left", lambda: self._leave([user], room, nick))

    def room_gone(self, room: str) -> None:
        """A room is deleted."""
        self._safely("room gone", lambda: self._empty(room))

    def broadcast(self, me: Person, text: str) -> None:
        """Somebody who may has written to everybody."""
        self._safely("broadcast", lambda: self._broadcast(me, text))

    def posted(self, channel: Channel, text: str, link: str) -> None:
        """There is something new for the subscribers of a channel."""
        self._safely("post", lambda: self._post(channel, text, link))

    def _safely(self, what: str, event: Callable[[], object]) -> None:
        try:
            event()
        except Exception as error:
            self._plugin.log("warning", f"{what} was not passed on: {type(error).__name__}")

    def _call(self, calls: Sequence[_Call]) -> bool:
        """Makes calls, as far as a second goes. False if the server did not take all."""
        plugin = self._plugin
        silence = own.get_meta(plugin.db, _SILENCE)
        if silence is not None and plugin.now() < int(silence) <= plugin.now() + TELL_SILENCE_MS:
            return False
        until = time.monotonic() + TELL_S
        for call in calls:
            left = until - time.monotonic()
            if left <= 0:
                return False
            try:
                call(left)
            except NoSession:
                continue
            except CallError:
                own.set_meta(plugin.db, _SILENCE, str(plugin.now() + TELL_SILENCE_MS))
                return False
        return True

    def _end_session(self, session: str) -> None:
        plugin = self._plugin
        taken = tickets.take(plugin.db, session)

        def ending(ticket: str) -> _Call:
            return lambda s: plugin.im.offline(ticket=ticket, seconds=s)

        if taken and not self._call([ending(ticket) for _, ticket in taken]):
            own.set_meta(plugin.db, f"ending {taken[0][0]}", "1")

    def _end_user(self, user: str) -> None:
        tickets.end(self._plugin.db, user)
        if not self._call([lambda s: self._plugin.im.offline(name=user, seconds=s)]):
            own.set_meta(self._plugin.db, f"ending {user}", "1")

    def _enter(self, user: str, room: str, nick: str) -> None:
        settings = own.read(self._plugin.db, user, ("setting",)).settings
        if room not in blocked_rooms(settings):
            self._call([lambda s: self._plugin.im.join(nick, room, name=user, seconds=s)])

    def _leave(self, users: Sequence[str], room: str, nick: str = "") -> None:
        def leaving(user: str) -> _Call:
            return lambda s: self._plugin.im.leave(nick, room, name=user, seconds=s)

        self._call([leaving(user) for user in users])

    def _empty(self, room: str) -> None:
        users: list[str] = []
        if self._call([lambda s: users.extend(member["id"] for member in self._plugin.im.members(room, s))]):
            self._leave(users, room)

    def _broadcast(self, me: Person, text: str) -> None:
        stored = self._plugin.archive.add(NewMessage(BROADCAST, me.id, me.nick, "", _cut(text), "", None, None))
        self._call([lambda s: push(self._plugin, stored, seconds=s)])

    def _post(self, channel: Channel, text: str, link: str) -> None:
        body = _cut(f"{text} {self._plugin.config.link(link)}".strip())
        number, now = f"post-{secrets.token_hex(8)}", self._plugin.now()
        post = Push(number, "multicast", channel.id, channel.nick, channel.id, body, time=now)
        self._call([lambda s: self._plugin.im.message(post, s)])


def _cut(text: str) -> str:
    return text.encode()[:MESSAGE_BYTES_MAX].decode("utf-8", "ignore")
