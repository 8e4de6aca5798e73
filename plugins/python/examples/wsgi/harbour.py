"""A community of one file, to show how a site connects with NextIM: a form to log in, friends, and groups.

Owns: its tables, its session, and the host that the kit asks. Must not: have anything that the kit has.

    python examples/wsgi/app.py --im http://127.0.0.1:8000
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Any

from nextim_site import Channel, Contact, Extras, Host, Me, Notice, Person, Request, Room

COOKIE = "harbour_session"
SESSION_S = 30 * 24 * 3_600
CHANNEL = Channel("channel:news", "News", "/")
SEED = {
    "alice": "Alice",
    "bob": 'Bob "the" O\'Neil',
    "carol": "Carol",
    "dave": "Dave",
    "erin": "Erin",
    "frank": "Frank",
    "admin": "Admin",
}
PASSWORD = "demo1234"


class Harbour:
    """The site's own records, in one SQLite file."""

    def __init__(self, file: str) -> None:
        self._file = file
        with closing(self._connect()) as db:
            db.executescript(Path(__file__).with_name("harbour.sql").read_text("utf-8"))

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._file, timeout=2, isolation_level=None)
        connection.row_factory = sqlite3.Row
        return connection

    def rows(self, sql: str, *args: object) -> list[sqlite3.Row]:
        """Runs a statement."""
        with closing(self._connect()) as db:
            return db.execute(sql, args).fetchall()

    def seed(self) -> None:
        """Makes the first users, friendships and groups."""
        for name, nick in SEED.items():
            self.rows(
                "INSERT OR IGNORE INTO users (id, nick, password, is_admin, banned) VALUES (?, ?, ?, ?, ?)",
                *(name, nick, hashed(PASSWORD), name == "admin", name == "frank"),
            )
        for one, other in (("alice", "bob"), ("alice", "carol")):
            self.befriend(one, other)
        for room, members in (("walkers", ("alice", "bob")), ("secret", ("bob",))):
            self.rows("INSERT OR IGNORE INTO groups (id, name) VALUES (?, ?)", room, room.capitalize())
            for member in members:
                self.rows("INSERT OR IGNORE INTO members (room, user) VALUES (?, ?)", room, member)

    def befriend(self, one: str, other: str) -> None:
        """Makes two users friends."""
        self.rows("INSERT OR IGNORE INTO friends (user, friend) VALUES (?, ?), (?, ?)", one, other, other, one)

    def unfriend(self, one: str, other: str) -> None:
        """Ends a friendship."""
        self.rows("DELETE FROM friends WHERE (user, friend) IN (VALUES (?, ?), (?, ?))", one, other, other, one)

    def log_in(self, name: str, password: str) -> str | None:
        """Begins a session, and returns its token."""
        found = self.rows("SELECT id, password FROM users WHERE id = ? AND banned = 0", name.strip().lower())
        stored = str(found[0]["password"]) if found else hashed("")
        if not _is_password(password, stored) or not found:
            return None
        token = secrets.token_urlsafe(24)
        self.rows(
            "INSERT INTO sessions (token, user, expires) VALUES (?, ?, ?)",
            *(_digest(token), found[0]["id"], int(time.time()) + SESSION_S),
        )
        return token

    def log_out(self, token: str) -> None:
        """Ends a session."""
        self.rows("DELETE FROM sessions WHERE token = ?", _digest(token))

    def ban(self, user: str) -> None:
        """Bans a user and ends the user's sessions."""
        self.rows("UPDATE users SET banned = 1 WHERE id = ?", user)
        self.log_out_everywhere(user)

    def log_out_everywhere(self, user: str) -> None:
        """Ends all sessions of a user."""
        self.rows("DELETE FROM sessions WHERE user = ?", user)

    def user_of(self, token: str) -> sqlite3.Row | None:
        """The user of a session, and when it ends."""
        found = self.rows(
            "SELECT u.*, s.expires FROM sessions s JOIN users u ON u.id = s.user"
            " WHERE s.token = ? AND s.expires > ? AND u.banned = 0",
            *(_digest(token), int(time.time())),
        )
        return found[0] if found else None


class HarbourHost(Host):
    """What the kit asks of the site."""

    def __init__(self, site: Harbour) -> None:
        self._site = site

    def me(self, request: Request) -> Me | None:
        """The user of the session's cookie."""
        return self.user(token_of(request.header("cookie")))

    def user(self, token: str) -> Me | None:
        """The user of a session."""
        user = self._site.user_of(token) if token else None
        return None if user is None else _me(user, token)

    def log_in(self, request: Request, name: str, password: str) -> Me | None:
        """The chat bar's own form does the same as the site's."""
        token = self._site.log_in(name, password)
        user = self._site.user_of(token) if token else None
        return None if token is None or user is None else _me(user, token, (cookie_of(token),))

    def people(self, ids: Sequence[str], uids: Sequence[str]) -> list[Person]:
        """Users by id or uid."""
        found = self._site.rows(
            f"SELECT * FROM users WHERE banned = 0 AND (id IN ({_marks(ids)}) OR uid IN ({_marks(uids)}))",
            *(*ids, *(int(uid) for uid in uids if len(uid) <= 18)),
            *(0 for uid in uids if len(uid) > 18),
        )
        return [Person(*_about(user)) for user in found]

    def contacts(self, me: Person) -> list[Contact]:
        """Friends."""
        found = self._site.rows(
            "SELECT u.* FROM friends f JOIN users u ON u.id = f.friend WHERE f.user = ? AND u.banned = 0 LIMIT 2000",
            me.id,
        )
        return [Contact(*_about(user)) for user in found]

    def rooms(self, me: Person, ids: Sequence[str] | None = None) -> list[Room]:
        """Groups of which the user is a member."""
        found = self._site.rows(
            "SELECT g.*, (SELECT COUNT(*) FROM members a WHERE a.room = g.id) AS total"
            " FROM members m JOIN groups g ON g.id = m.room WHERE m.user = ?"
            + ("" if ids is None else f" AND g.id IN ({_marks(ids)})"),
            *(me.id, *(ids or ())),
        )
        return [Room(row["id"], row["name"], row["total"], f"/groups/{row['id']}") for row in found]

    def may(self, me: Person, act: str, target: str | None = None) -> str | None:
        """Only an administrator writes to everybody."""
        if act == "broadcast" and not self._site.rows("SELECT 1 FROM users WHERE id = ? AND is_admin = 1", me.id):
            return "Only an administrator may write to everybody."
        return None

    def notices(self, me: Person) -> list[Notice]:
        """A welcome."""
        return [Notice(f"Welcome, {me.nick}", "/", int(time.time() * 1_000))]

    def extras(self, me: Person) -> Extras:
        """One entry of the menu, and the news for subscribers."""
        menu = ({"title": "Harbour", "url": "/", "icon": "⚓", "shortcut": True},)
        is_subscribed = self._site.rows("SELECT 1 FROM subscribers WHERE user = ?", me.id)
        return Extras(menu, (CHANNEL,) if is_subscribed else ())


def _about(user: sqlite3.Row) -> tuple[str, str, str, str]:
    return user["id"], user["nick"], str(user["uid"]), f"/space.php?uid={user['uid']}"


def _me(user: sqlite3.Row, token: str, cookies: tuple[str, ...] = ()) -> Me:
    return Me(*_about(user), session=token, expires_s=user["expires"] - int(time.time()), cookies=cookies)


def _marks(values: Sequence[Any]) -> str:
    return ",".join("?" * len(values))


def hashed(password: str) -> str:
    """A password as it is stored."""
    salt = secrets.token_bytes(16)
    return f"{salt.hex()}:{hashlib.scrypt(password.encode(), salt=salt, n=2**12, r=8, p=1).hex()}"


def _is_password(password: str, stored: str) -> bool:
    salt, _, kept = stored.partition(":")
    found = hashlib.scrypt(password.encode(), salt=bytes.fromhex(salt), n=2**12, r=8, p=1).hex()
    return hmac.compare_digest(found, kept)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def token_of(cookies: str) -> str:
    """The session's token in a `Cookie` header, or an empty text."""
    try:
        found = SimpleCookie(cookies).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def cookie_of(token: str) -> str:
    """The value of `Set-Cookie` that begins a session, or with an empty token ends it."""
    return f"{COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={SESSION_S if token else 0}"
