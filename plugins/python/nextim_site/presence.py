"""`offline`, `refresh`, `presence` and `status`: a page goes offline, changes its show, or its user is typing.

Owns: the checks before these calls of the message server. Must not: call `offline` with a name: other pages of the user
stay online.
"""

from __future__ import annotations

from collections.abc import Callable

from . import own, tickets
from .contacts import BLOCKS, writable
from .host import Me
from .http import Params, Response, answer, bad
from .im import INVISIBLE, CallError, NoSession
from .limits import SHOW_BYTES_MAX, STATUS_BYTES_MAX
from .params import clearable, required, short, text
from .plugin import Plugin, unreachable
from .rooms import mine


def offline(plugin: Plugin, me: Me, params: Params) -> Response:
    """`offline` and `refresh`: the session of this page ends, and its ticket is removed. A second call is no failure.
    If the message server cannot be reached, the ticket is kept, so that a log-out ends the session."""
    ticket = required(params, "ticket")
    owner = own.read(plugin.db, me.id, ("ticket",), tickets.hashed(ticket)).ticket_owner
    tickets.check_owner(me.id, owner)
    if owner is None:
        return answer("ok")
    ended = _done(lambda: plugin.im.offline(ticket=ticket))
    tickets.remove(plugin.db, ticket)
    return ended


def presence(plugin: Plugin, me: Me, params: Params) -> Response:
    """`presence`: the user's show changes."""
    ticket = required(params, "ticket")
    tickets.check_goes_on(me.id, own.read(plugin.db, me.id, ("ticket",), tickets.hashed(ticket)).ticket_owner)
    required(params, "show")
    show = short(params, "show", SHOW_BYTES_MAX)
    status = clearable(params, "status", STATUS_BYTES_MAX)
    if status is not None and show != INVISIBLE:
        # The status of an invisible user is for the user's own pages only.
        own.set_status(plugin.db, me.id, status, plugin.now())
    return _done(lambda: plugin.im.show(ticket, me.nick, show, status))


def typing(plugin: Plugin, me: Me, params: Params) -> Response:
    """`status`: the user is typing, or no longer."""
    ticket = required(params, "ticket")
    read = own.read(plugin.db, me.id, ("ticket", *BLOCKS), tickets.hashed(ticket))
    tickets.check_goes_on(me.id, read.ticket_owner)
    show = short(params, "show", SHOW_BYTES_MAX)
    kind = text(params, "type")
    if kind in ("multicast", "grpchat"):
        room = mine(plugin, me, required(params, "to"))
        return _done(lambda: plugin.im.typing(ticket, me.nick, "multicast", room.id, show))
    if kind not in ("", "unicast", "chat"):
        raise bad("bad parameter: type")
    other = writable(plugin, me, required(params, "to"), read)
    return _done(lambda: plugin.im.typing(ticket, me.nick, "unicast", other.id, show))


def _done(call: Callable[[], None]) -> Response:
    """A session that has ended is no failure: the page's next poll is answered with that."""
    try:
        call()
    except NoSession:
        pass
    except CallError:
        raise unreachable() from None
    return answer("ok")
