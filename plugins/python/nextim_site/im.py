"""The client of the message server.

Owns: its calls, one function each. Must not: use the database, or check the rights of users. A call blocks for three
seconds at most, whatever the server does.
"""

from __future__ import annotations

import http.client
import io
import json
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from .config import Config
from .limits import IM_ANSWER_BYTES_MAX, IM_CALL_S, IM_CONNECT_S

INVISIBLE = "invisible"
"""The show of a user who is online and looks offline."""


class CallError(Exception):
    """A call that failed."""


class Unreachable(CallError):
    """The server cannot be reached, or its answer is late or no answer of a message server."""


class NotAuthorized(CallError):
    """The domain or the apikey is wrong."""


class NoSession(CallError):
    """The ticket's session has ended, or no user of that name is online."""


class Refused(CallError):
    """The server has refused the call, with this status and text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status} {text}")
        self.status = status
        self.text = text


@dataclass(frozen=True)
class Presence:
    """A user who is online."""

    name: str
    show: str
    status: str = ""


@dataclass(frozen=True)
class Session:
    """A session that was started."""

    ticket: str
    server: str
    """The poll URL; empty if the server does not say."""
    buddies: list[Presence] = field(default_factory=list)
    """The buddies that are online and visible."""
    rooms: dict[str, int] = field(default_factory=dict)
    """The visible members of each room."""


@dataclass(frozen=True)
class NewSession:
    """A session to start."""

    name: str
    nick: str
    show: str
    """Empty: as in the user's other sessions."""
    status: str
    buddies: Sequence[str]
    rooms: Sequence[str]
    version: str
    """`3` for front ends that know only two types of messages, otherwise `6`."""
    expires_s: int


@dataclass(frozen=True)
class Push:
    """A message to push."""

    id: str
    type: str
    from_: str
    nick: str
    to: str
    body: str
    style: str = ""
    time: int = 0
    meta: str | None = None
    ticket: str | None = None
    """The session of the sender's page; without one, the site is the sender."""


@dataclass(frozen=True)
class Pushed:
    """For how many sessions a message was queued, and how many of these are of visible users."""

    delivered: int
    visible: int


class Im:
    """A client. Each call opens a connection of its own."""

    def __init__(self, config: Config, log: Callable[[str, str], None]) -> None:
        self._config = config
        self._log = log

    def online(self, new: NewSession) -> Session:
        """Starts a session."""
        params = {"name": new.name, "nick": new.nick, "status": new.status, "version": new.version}
        params |= {"buddies": ",".join(new.buddies), "rooms": ",".join(new.rooms)}
        if new.show:
            params["show"] = new.show
        if new.version == "6":
            params["expires"] = str(new.expires_s)
        found = self._ask("/presences/online", params)
        try:
            rooms = {str(room["name"]): int(room["total"]) for room in found.get("rooms", [])}
            return Session(
                str(found["ticket"]), str(found.get("server", "")), _presences(found.get("buddies", [])), rooms
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            raise self._strange("/presences/online") from None

    def offline(self, *, ticket: str = "", name: str = "", seconds: float = IM_CALL_S) -> None:
        """Ends a session, or all sessions of a user."""
        self.post("/presences/offline", _by(ticket, name), seconds)

    def show(self, ticket: str, nick: str, show: str, status: str | None) -> None:
        """Changes the show of a user, and perhaps the line of text beside it."""
        params = {"ticket": ticket, "nick": nick, "show": show}
        if status is not None:
            params["status"] = status
        self.post("/presences/show", params)

    def typing(self, ticket: str, nick: str, kind: str, to: str, show: str) -> None:
        """Sends a user or a room the status of a user: `typing` or `clear`."""
        params = {"ticket": ticket, "nick": nick, "to": to, "show": show}
        if kind != "unicast":
            params["type"] = kind
        self.post("/statuses", params)

    def message(self, push: Push, seconds: float = IM_CALL_S) -> Pushed:
        """Pushes a message."""
        params = {"ticket": push.ticket} if push.ticket else {"from": push.from_}
        params |= {"nick": push.nick, "to": push.to, "type": push.type, "id": push.id, "body": push.body}
        params |= {"style": push.style, "timestamp": str(push.time)}
        if push.meta is not None:
            params["meta"] = push.meta
        answer = self.post("/messages", params, seconds)
        return Pushed(answer.count("X-NextIM-Delivered"), answer.count("X-NextIM-Visible"))

    def onlines(self, names: Sequence[str], seconds: float = IM_CALL_S) -> list[Presence]:
        """The users among these that are online and visible."""
        found = self._ask("/onlines", {"names": ",".join(names), "version": "6"}, seconds)
        try:
            return _presences(found)
        except (KeyError, TypeError, AttributeError):
            raise self._strange("/onlines") from None

    def members(self, room: str, seconds: float = IM_CALL_S) -> list[dict[str, str]]:
        """The members of a room that are online and visible."""
        found = self._ask("/room/members", {"room": room}, seconds)
        try:
            return [{"id": str(member["id"]), "nick": str(member["nick"])} for member in found.get(room, [])]
        except (KeyError, TypeError, AttributeError):
            raise self._strange("/room/members") from None

    def join(self, nick: str, room: str, *, ticket: str = "", name: str = "", seconds: float = IM_CALL_S) -> int:
        """Puts sessions into a room. Returns the number of its members that are online and visible."""
        found = self._ask("/room/join", _by(ticket, name) | {"nick": nick, "room": room}, seconds)
        try:
            return int(found.get(room, 0))
        except (TypeError, ValueError, AttributeError):
            raise self._strange("/room/join") from None

    def leave(self, nick: str, room: str, *, ticket: str = "", name: str = "", seconds: float = IM_CALL_S) -> None:
        """Takes sessions out of a room."""
        self.post("/room/leave", _by(ticket, name) | {"nick": nick, "room": room}, seconds)

    def unlink(self, name: str, other: str, seconds: float = IM_CALL_S) -> None:
        """From now on, neither user receives the presence of the other."""
        self.post("/buddies/remove", {"name": name, "buddies": other}, seconds)

    def _warn(self, text: str) -> None:
        """Logs a line. A host that cannot is no reason to give a call up."""
        try:
            self._log("warning", text)
        except Exception:
            return

    def post(self, path: str, params: dict[str, str], seconds: float = IM_CALL_S) -> Answer:
        """Makes a call."""
        own = {"domain": self._config.domain, "apikey": self._config.key()}
        try:
            answer = _post(self._config.server.rstrip("/") + path, own | params, seconds)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._warn(f"message server, {path}: {type(error).__name__}")
            raise Unreachable(path) from error
        if answer.status == 200:
            return answer
        if answer.status == 401:
            raise NotAuthorized(path)
        if answer.status == 404:
            raise NoSession(path)
        text = answer.body[:200].decode("utf-8", "replace").strip()
        self._warn(f"message server, {path}: {answer.status} {text}")
        raise Refused(answer.status, text)

    def _ask(self, path: str, params: dict[str, str], seconds: float = IM_CALL_S) -> Any:
        answer = self.post(path, params, seconds)
        try:
            return json.loads(answer.body)
        except ValueError:
            raise self._strange(path) from None

    def _strange(self, path: str) -> Unreachable:
        self._warn(f"message server, {path}: this is no answer of a message server")
        return Unreachable(path)


@dataclass(frozen=True)
class Answer:
    """What the server answered."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def count(self, name: str) -> int:
        """A header that is a number, or 0."""
        value = self.headers.get(name, "").strip()
        return int(value) if value.isascii() and value.isdigit() else 0


def _by(ticket: str, name: str) -> dict[str, str]:
    return {"ticket": ticket} if ticket else {"name": name}


def _presences(found: Any) -> list[Presence]:
    return [Presence(str(one["name"]), str(one["show"]), str(one.get("status", ""))) for one in found]


def _post(url: str, params: dict[str, str], seconds: float) -> Answer:
    """Sends a form. Waiting for one byte after the other, a slow server could hold a call for hours: the socket's time
    is therefore what is left of the whole."""
    until = time.monotonic() + seconds
    parts = urlsplit(url)
    is_tls = parts.scheme == "https"
    address = (parts.hostname or "", parts.port or (443 if is_tls else 80))
    plain = socket.create_connection(address, min(IM_CONNECT_S, seconds))
    try:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        plain.settimeout(_left(until))
        if is_tls:
            plain = ssl.create_default_context().wrap_socket(plain, server_hostname=parts.hostname)
        connection = http.client.HTTPConnection(address[0], address[1])
        connection.sock = _Deadline(plain, until)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Connection": "close", "Host": parts.netloc}
        connection.request("POST", parts.path, urlencode(params), headers)
        response = connection.getresponse()
        body = response.read(IM_ANSWER_BYTES_MAX + 1)
        if len(body) > IM_ANSWER_BYTES_MAX:
            raise ValueError("the answer is too long")
        return Answer(response.status, response.headers, body)
    finally:
        plain.close()


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _Deadline:
    """A socket whose waits end together."""

    def __init__(self, plain: socket.socket, until: float) -> None:
        self._socket = plain
        self._until = until

    def sendall(self, data: bytes) -> None:
        self._socket.settimeout(_left(self._until))
        self._socket.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._socket, self._until))

    def close(self) -> None:
        """`_post` closes the socket."""


class _Reader(io.RawIOBase):
    def __init__(self, plain: socket.socket, until: float) -> None:
        self._socket = plain
        self._until = until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._socket.settimeout(_left(self._until))
        return self._socket.recv_into(buffer)
