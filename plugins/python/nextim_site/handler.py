"""From a request to an answer.

Owns: the table of endpoints, and what comes before each: where the request comes from, who asks, how often. Must not:
know a framework.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from . import contacts, history, jsonp, messages, missed, notifications, presence, rooms, settings
from .chat_passwords import ChatPasswords
from .config import Config
from .cookie import hint
from .db import Db
from .devices_page import NAME as DEVICES_PAGE
from .devices_page import devices_page
from .host import Host, Me
from .http import Params, Refusal, Request, Response, forbidden, log_in_first, not_found, unavailable
from .im import Im
from .limits import BODY_BYTES_MAX, CALL_BODY_BYTES_MAX
from .migrate import migrate
from .online import online
from .origin import is_among, is_own
from .plugin import Plugin
from .tell import Tell
from .undelivered import undelivered
from .xmpp import xmpp

_OfUser = Callable[[Plugin, Me, Params], Response]
_OfRequest = Callable[[Plugin, Request], Response]


@dataclass(frozen=True)
class _Endpoint:
    """One endpoint. `acts` is a change with a rate of its own; typing and messages have others."""

    effect: Literal["reads", "changes", "acts"]
    function: _OfUser


_ENDPOINTS = {
    "offline": _Endpoint("changes", presence.offline),
    "refresh": _Endpoint("changes", presence.offline),
    "missed": _Endpoint("changes", missed.missed),
    "presence": _Endpoint("acts", presence.presence),
    "status": _Endpoint("changes", presence.typing),
    "message": _Endpoint("changes", messages.message),
    "buddies": _Endpoint("reads", contacts.buddies),
    "buddy": _Endpoint("reads", contacts.buddies),
    "block": _Endpoint("acts", contacts.block),
    "unblock": _Endpoint("acts", contacts.unblock),
    "rooms": _Endpoint("reads", rooms.rooms),
    "join": _Endpoint("acts", rooms.join),
    "leave": _Endpoint("acts", rooms.leave),
    "members": _Endpoint("reads", rooms.members),
    "history": _Endpoint("reads", history.history),
    "histories": _Endpoint("reads", history.history),
    "clear_history": _Endpoint("acts", history.clear),
    "download_history": _Endpoint("reads", history.download),
    "notifications": _Endpoint("reads", notifications.notifications),
    "notification": _Endpoint("reads", notifications.notifications),
    "setting": _Endpoint("acts", settings.setting),
}
"""The endpoints of users. Some have two names, because front ends in the field use both."""

_CALLS: dict[str, _OfRequest] = {"undelivered": undelivered, "xmpp": xmpp}
"""The endpoints of the message server and of the gateway to XMPP."""


class Handler:
    """The kit in a site: `handle` answers every request below the kit's path, from any number of threads."""

    def __init__(self, host: Host, db: Db, im: Im, config: Config) -> None:
        self.plugin = Plugin(host, db, im, config)
        self.tell = Tell(self.plugin)
        self._is_migrated = False
        self._migrating = threading.Lock()

    @property
    def chat_passwords(self) -> ChatPasswords:
        """For a page of the site, which may come before any request of the kit: the tables are there."""
        self._migrate()
        return ChatPasswords(self.plugin, self.tell)

    def handle(self, request: Request) -> Response:
        """Answers a request. It never raises: a fault is logged, and the page tries again later."""
        config = self.plugin.config
        try:
            response = self._answer(request)
        except Refusal as refusal:
            response = self._refused(refusal)
        except Exception as error:
            self.plugin.log("error", _where(request.endpoint, error))
            response = self._refused(unavailable("This cannot be done at the moment. Please try again."))
        return jsonp.finish(config, request, response)

    def _answer(self, request: Request) -> Response:
        plugin = self.plugin
        self._migrate()
        if request.endpoint in _CALLS:
            return _CALLS[request.endpoint](plugin, request)
        if len(request.body) > BODY_BYTES_MAX:
            raise Refusal(413, "This is too long.")
        self._check_origin(request)
        endpoint = _ENDPOINTS.get(request.endpoint)
        if request.endpoint == DEVICES_PAGE:
            return devices_page(plugin, self.chat_passwords, request)
        if request.endpoint == "online":
            jsonp.admit(plugin.config, request, True)
            return online(plugin, request)
        if endpoint is None:
            raise not_found("There is no such endpoint.")
        jsonp.admit(plugin.config, request, endpoint.effect != "reads")
        me = plugin.host.me(request)
        if me is None:
            return self._refused(log_in_first()).with_headers(hint(plugin.config, request, None))
        plugin.may(me, "chat")
        if endpoint.effect == "acts":
            plugin.may_act(me.id, request.endpoint)
        return endpoint.function(plugin, me, request.params).with_headers(hint(plugin.config, request, me))

    def _refused(self, refusal: Refusal) -> Response:
        try:
            return jsonp.refused(refusal, self.plugin.host.words)
        except Exception:  # English words are better than none.
            return jsonp.refused(refusal, str)

    def _check_origin(self, request: Request) -> None:
        """Every POST must come from the site's own pages. A page of another origin that uses scripts leaves by a
        beacon, which is a POST."""
        if request.method in ("GET", "HEAD"):
            return
        config = self.plugin.config
        is_beacon = request.endpoint == "refresh" and is_among(config.jsonp_origins, request.header("origin"))
        if not is_beacon and not is_own(request, config.origins):
            raise forbidden("This request came from another site and was not carried out.")

    def _migrate(self) -> None:
        if self._is_migrated:
            return
        with self._migrating:
            if not self._is_migrated:
                migrate(self.plugin.db)
                self._is_migrated = True


def _where(endpoint: str, error: Exception) -> str:
    """A line for the log. The text of an error may hold names and bodies, so only its type and its place are
    written."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    known = endpoint if endpoint in _ENDPOINTS or endpoint in ("online", DEVICES_PAGE, *_CALLS) else "unknown endpoint"
    return f"{known}: {type(error).__name__}{place}"


def body_bytes_max(endpoint: str) -> int:
    """How much of a request's body a framework has to read."""
    return (CALL_BODY_BYTES_MAX if endpoint in _CALLS else BODY_BYTES_MAX) + 1
