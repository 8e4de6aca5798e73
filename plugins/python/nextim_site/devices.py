"""Devices whose clients of XMPP log in by a chat password.

Owns: the table `chat_passwords`, the hash of a password, and whether a user's clients must log in before they go
online. Must not: keep a password; nobody can read it again.

A password has 120 random bits, so one hash without salt is enough.
"""

from __future__ import annotations

from dataclasses import dataclass

from . import own
from .db import Db, lock_rows, text
from .tickets import hashed

_ADD = "INSERT INTO {p}chat_passwords (hash, me, device, created) VALUES (?, ?, ?, ?)"
_OF = "SELECT hash, device, created, used FROM {p}chat_passwords WHERE me = ? ORDER BY created, hash"
_FIND = "SELECT 1 FROM {p}chat_passwords WHERE hash = ? AND me = ?"
_USE = "UPDATE {p}chat_passwords SET used = ? WHERE hash = ?"
_REMOVE = "DELETE FROM {p}chat_passwords WHERE hash = ?"
_REMOVE_ALL = "DELETE FROM {p}chat_passwords WHERE me = ?"


@dataclass(frozen=True)
class Device:
    """A device with a chat password."""

    id: str
    device: str
    """The name that the user gave it."""
    created: int
    """In ms since 1970."""
    used: int
    """When it last logged in; 0 if it never did."""


def add(db: Db, user: str, password: str, device: str, now: int) -> None:
    """Keeps a password."""
    db.run(_ADD, (hashed(password), user, device, now))


def of(db: Db, user: str) -> list[Device]:
    """The devices of a user, the oldest first."""
    return [Device(text(row[0]), text(row[1]), int(row[2]), int(row[3])) for row in db.rows(_OF, (user,))]


def use(db: Db, user: str, password: str, now: int) -> bool:
    """Whether this is a password of the user, whose clients then may go online. No revocation comes in between."""

    def log_in_by_it() -> bool:
        found = hashed(password)
        if not db.rows(_FIND + lock_rows(db.dialect), (found, user)):
            return False
        db.run(_USE, (now, found))
        log_in(db, user)
        return True

    return db.atomic(log_in_by_it)


def remove(db: Db, user: str, id_: str) -> bool:
    """Removes a password, and logs all clients of the user out. False if the user has no such password."""

    def remove_it() -> bool:
        if not db.rows(_FIND + lock_rows(db.dialect), (id_, user)):
            return False
        db.run(_REMOVE, (id_,))
        own.set_meta(db, _logged_out(user), "1")
        return True

    return db.atomic(remove_it)


def remove_all(db: Db, user: str) -> bool:
    """The same with all passwords of a user. False if there are none."""

    def remove_them() -> bool:
        if not db.rows(_OF + lock_rows(db.dialect), (user,)):
            return False
        db.run(_REMOVE_ALL, (user,))
        own.set_meta(db, _logged_out(user), "1")
        return True

    return db.atomic(remove_them)


def log_in(db: Db, user: str) -> None:
    """A client of the user has logged in: all may go online."""
    own.forget_meta(db, _logged_out(user))


def is_logged_out(db: Db, user: str) -> bool:
    """Whether the user's clients must log in before they go online."""
    return own.get_meta(db, _logged_out(user)) is not None


def _logged_out(user: str) -> str:
    return f"chat logged out {user}"
