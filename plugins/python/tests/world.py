"""A site of a few users in memory, a message server that records calls, and a database.

Owns: what all tests share. Must not: assert anything.

`NEXTIM_TEST_DB` chooses the database: nothing for SQLite, else `pgsql CONNECTION` for psycopg, or `mysql` and
`name=value` pairs for PyMySQL.
"""

from __future__ import annotations

import atexit
import itertools
import json
import os
import sqlite3
import tempfile
import unittest
from collections.abc import Callable, Collection, Sequence
from email.message import Message as Headers
from functools import cache
from http.client import HTTPMessage
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

from nextim_site import (
    Channel,
    Config,
    Contact,
    DbApi,
    Extras,
    Handler,
    Host,
    Im,
    Me,
    Notice,
    Person,
    Request,
    Response,
    Room,
    migrate,
    uninstall,
)
from nextim_site.db import Row
from nextim_site.im import Answer, NoSession, NotAuthorized, Refused, Unreachable
from nextim_site.limits import IM_CALL_S
from nextim_site.migrate import TABLES

T = TypeVar("T")
OWN = "https://forum.example"
USERS = ("alice", "bob", "carol", "dave", "erin")
PREFIX = f"t{os.getpid()}_"
_CIDS = itertools.count()


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = 1_700_000_000_000

    def __call__(self) -> int:
        return self.now


class Site(Host):
    """The host: a cookie `session=alice-1` logs alice in. alice is a friend of bob and carol, and in walkers with bob;
    only bob is in secret."""

    def __init__(self) -> None:
        self.sessions = {f"{user}-{n}" for user in USERS for n in (1, 2)}
        self.friends = {"alice": ["bob", "carol"], "bob": ["alice"], "carol": ["alice"]}
        self.members = {"walkers": ["alice", "bob"], "secret": ["bob"]}
        self.apart_: dict[str, set[str]] = {}
        self.blocked_: dict[str, set[str]] = {}
        self.lines: list[str] = []
        self.expires_s: int | None = None
        self.channels: Sequence[Channel] = ()
        self.forbids: dict[str, str] = {}

    def me(self, request: Request) -> Me | None:
        session = request.cookies.get("session", "")
        if session not in self.sessions:
            return None
        return Me(*self._about(session[:-2]), session=session, expires_s=self.expires_s)

    def log_in(self, request: Request, name: str, password: str) -> Me | None:
        if name not in USERS or password != "right":
            return None
        return Me(*self._about(name), session=f"{name}-9", cookies=(f"session={name}-9",))

    def people(self, ids: Sequence[str], uids: Sequence[str]) -> Sequence[Person]:
        wanted = [user for user in USERS if user in ids or str(USERS.index(user) + 1) in uids]
        return [Person(*self._about(user)) for user in wanted]

    def contacts(self, me: Person) -> Sequence[Contact]:
        return [Contact(*self._about(user)) for user in self.friends.get(me.id, ())]

    def rooms(self, me: Person, ids: Sequence[str] | None = None) -> Sequence[Room]:
        mine = (room for room, members in self.members.items() if me.id in members)
        return [Room(room, room.title(), len(self.members[room])) for room in mine if ids is None or room in ids]

    def apart(self, me: Person) -> Collection[str]:
        return self.apart_.get(me.id, set())

    def blocked(self, me: Person) -> Collection[str]:
        return self.blocked_.get(me.id, set())

    def may(self, me: Person, act: str, target: str | None = None) -> str | None:
        return None if act == "broadcast" and me.id == "erin" else self.forbids.get(act, super().may(me, act, target))

    def notices(self, me: Person) -> Sequence[Notice]:
        return [Notice("<hello>", "/there", 5)]

    def extras(self, me: Person) -> Extras:
        return Extras(({"title": "Forum", "url": "/forum"},), self.channels)

    def log(self, level: str, text: str) -> None:
        self.lines.append(f"{level} {text}")

    @staticmethod
    def _about(user: str) -> tuple[str, str, str, str]:
        return user, user.title(), str(USERS.index(user) + 1), f"/u/{user}"


class Server(Im):
    """A message server that records its calls. `online` are the users that it takes for online."""

    def __init__(self, config: Config, log: Callable[[str, str], None]) -> None:
        super().__init__(config, log)
        self.calls: list[tuple[str, dict[str, str]]] = []
        self.online_users: set[str] = set()
        self.visible = True
        self.down: str = ""
        """`unreachable`, `key`, `session`, or a status."""
        self.before: Callable[[str], None] = lambda path: None
        """Called before each call is answered."""

    def post(self, path: str, params: dict[str, str], seconds: float = IM_CALL_S) -> Answer:
        self.calls.append((path, params))
        self.before(path)
        if self.down == "unreachable":
            raise Unreachable(path)
        if self.down == "key":
            raise NotAuthorized(path)
        if self.down == "session":
            raise NoSession(path)
        if self.down:
            raise Refused(int(self.down), "")
        headers: Headers = HTTPMessage()
        is_there = params.get("to") in self.online_users
        headers["X-NextIM-Delivered"] = str(int(is_there))
        headers["X-NextIM-Visible"] = str(int(is_there and self.visible))
        return Answer(200, headers, json.dumps(self._answer(path, params)).encode())  # type: ignore[arg-type]

    def _answer(self, path: str, params: dict[str, str]) -> Any:
        presences = [
            {"name": name, "nick": name, "show": "away", "status": "lunch"}
            for name in (params.get("buddies") or params.get("names") or "").split(",")
            if name in self.online_users
        ]
        if path == "/presences/online":
            rooms = [{"name": room, "total": 1} for room in params["rooms"].split(",") if room]
            ticket = f"ticket-{len(self.calls)}"
            server = "http://im/packets"
            return {"ticket": ticket, "buddies": presences, "rooms": rooms, "server": server, "clientnum": 1}
        if path == "/onlines":
            return presences
        if path == "/room/members":
            return {params["room"]: [{"id": name, "nick": name} for name in sorted(self.online_users)]}
        return {params["room"]: 2} if path == "/room/join" else "ok"

    def paths(self) -> list[str]:
        """What was called."""
        return [path for path, _ in self.calls]

    def last(self, path: str) -> dict[str, str]:
        """The parameters of the last such call."""
        return next(params for called, params in reversed(self.calls) if called == path)


class Counting(DbApi):
    """A database that counts statements."""

    count = 0

    def rows(self, sql: str, args: Sequence[object] = ()) -> list[Row]:
        self.count += 1
        return super().rows(sql, args)

    def run(self, sql: str, args: Sequence[object] = ()) -> int:
        self.count += 1
        return super().run(sql, args)

    def insert(self, sql: str, args: Sequence[object] = ()) -> int:
        self.count += self.dialect != "pgsql"
        return super().insert(sql, args)


def database(folder: str, prefix: str = PREFIX) -> Counting:
    """The database that the environment chooses."""
    kind, _, where = os.environ.get("NEXTIM_TEST_DB", "").partition(" ")
    if kind == "pgsql":
        import psycopg

        return Counting(lambda: psycopg.connect(where), "pgsql", prefix)
    if kind == "mysql":
        import pymysql

        options: dict[str, Any] = dict(pair.split("=", 1) for pair in where.split())
        return Counting(lambda: pymysql.connect(**options), "mysql", prefix)

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(Path(folder, "kit.sqlite"), timeout=5)
        # A test's file need not outlive the machine.
        connection.execute("PRAGMA synchronous = OFF")
        return connection

    return Counting(connect, "sqlite", prefix)


@cache
def _remove_at_exit() -> None:
    """The database is perhaps one that stays."""
    db = database("")
    atexit.register(lambda: uninstall(db, purge=True))


class Case(unittest.TestCase):
    """A test with a site, a message server and a database of its own."""

    jsonp: Sequence[str] = ("https://www.example",)

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.db = database(self.folder)
        self.addCleanup(self.db.close)
        migrate(self.db)
        self.addCleanup(self._empty)
        self.clock = Clock()
        self.site = Site()
        self.config = Config(
            "http://127.0.0.1:1",
            "forum.example",
            "the key",
            origins=[OWN],
            jsonp_origins=self.jsonp,
            clock=self.clock,
            url=OWN,
        )
        self.im = Server(self.config, self.site.log)
        self.handler = Handler(self.site, self.db, self.im, self.config)
        self.plugin = self.handler.plugin

    def _empty(self) -> None:
        """Tables are made once in a process: MariaDB takes a second for them. SQLite has a file for each test."""
        if self.db.dialect == "sqlite":
            return
        _remove_at_exit()
        for table in TABLES:
            self.db.run(f"DELETE FROM {{p}}{table}" + (" WHERE name <> 'schema'" if table == "meta" else ""))

    def send(self, user: str, endpoint: str, headers: dict[str, str] | None = None, **params: str) -> Response:
        """A request of a page of the site."""
        method = (headers or {}).pop("method", "POST")
        form = urlencode(params).encode()
        named = {"origin": OWN, "cookie": f"session={user if '-' in user else user + '-1'}"}
        return self.handler.handle(
            Request(
                method,
                endpoint,
                named | {"content-type": "application/x-www-form-urlencoded"} | (headers or {}),
                b"" if method == "POST" else form,
                form if method == "POST" else b"",
            )
        )

    def ask(self, user: str, endpoint: str, **params: str) -> Any:
        """The answer of a request that succeeds."""
        response = self.send(user, endpoint, None, **params)
        self.assertEqual(response.status, 200, response.body)
        return json.loads(response.body)

    def refuse(self, status: int, user: str, endpoint: str, **params: str) -> str:
        """The text of a request that is refused."""
        response = self.send(user, endpoint, None, **params)
        self.assertEqual(response.status, status, response.body)
        found = json.loads(response.body)
        self.assertEqual(found.get("status", status), status)
        return str(found.get("error", found.get("error_msg")))

    def say(self, user: str, to: str, body: str, **params: str) -> Any:
        """Sends a message, and answers what the page gets."""
        number = f"c{next(_CIDS)}"
        return self.ask(user, "message", **{"to": to, "body": body, "type": "unicast", "cid": number} | params)
