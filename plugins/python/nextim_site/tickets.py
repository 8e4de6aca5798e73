"""The tickets of the message server, with the user and the log-in that each was given to.

Owns: the table `tickets`, and sealing a ticket with the secret of its log-in: with an open ticket, any reader of the
database could poll in the user's name. Must not: store a ticket or a session as it is.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from .db import Db, insert_new, text
from .http import forbidden
from .limits import TICKET_MS, TICKETS_MAX

_ADD = "{p}tickets (ticket, me, session, sealed, created) VALUES (?, ?, ?, ?, ?)"
_REMOVE = "DELETE FROM {p}tickets WHERE ticket = ?"
_OF_SESSION = "SELECT me, ticket, sealed FROM {p}tickets WHERE session = ? ORDER BY created DESC LIMIT ?"
_END_SESSION = "DELETE FROM {p}tickets WHERE session = ?"
_END_USER = "DELETE FROM {p}tickets WHERE me = ?"
_EXPIRE = "DELETE FROM {p}tickets WHERE created <= ?"


def hashed(secret: str) -> str:
    """The hash by which a secret is found."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def seal(session: str, ticket: str) -> str:
    """A ticket that only the secret of its log-in opens."""
    return base64.b64encode(_cover(session, hashed(ticket), ticket.encode())).decode()


def unseal(session: str, ticket_hash: str, sealed: str) -> str | None:
    """The ticket, if it was sealed with this secret."""
    try:
        ticket = _cover(session, ticket_hash, base64.b64decode(sealed)).decode()
    except ValueError:
        return None
    return ticket if hmac.compare_digest(hashed(ticket), ticket_hash) else None


def _cover(session: str, ticket_hash: str, data: bytes) -> bytes:
    """Covers bytes by hashes of the secret and of the ticket's own hash, which no other ticket has; or uncovers
    them."""
    blocks = (len(data) + 31) // 32
    cover = b"".join(hashlib.sha256(f"{session} {ticket_hash} {n}".encode()).digest() for n in range(blocks))
    return bytes(one ^ other for one, other in zip(data, cover, strict=False))


def add(db: Db, ticket: str, user: str, session: str, now: int) -> None:
    """Keeps a ticket, its user and its log-in."""
    db.run(insert_new(db.dialect, _ADD), (hashed(ticket), user, hashed(session), seal(session, ticket), now))


def remove(db: Db, ticket: str) -> None:
    """Removes a ticket."""
    db.run(_REMOVE, (hashed(ticket),))


def take(db: Db, session: str) -> list[tuple[str, str]]:
    """Removes the tickets of a log-in, and returns the newest, each with its user."""
    found = db.rows(_OF_SESSION, (hashed(session), TICKETS_MAX))
    if found:
        db.run(_END_SESSION, (hashed(session),))
    opened = ((text(user), unseal(session, text(ticket), text(sealed))) for user, ticket, sealed in found)
    return [(user, ticket) for user, ticket in opened if ticket is not None]


def end(db: Db, user: str) -> None:
    """Removes all tickets of a user."""
    db.run(_END_USER, (user,))


def expire(db: Db, now: int) -> None:
    """Removes tickets that are too old to be of use."""
    db.run(_EXPIRE, (now - TICKET_MS,))


def check_owner(user: str, owner: str | None) -> None:
    """Refuses the ticket of another user. One that is not known has ended, perhaps while the request was on its way."""
    if owner is not None and owner != user:
        raise forbidden("This page is not yours any more. Please reload it.")


def check_goes_on(user: str, owner: str | None) -> None:
    """Refuses a ticket whose session does not go on, too."""
    check_owner(user, "" if owner is None else owner)
