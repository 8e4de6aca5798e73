"""The state that the endpoints share.

Owns: the parts of one site (host, database, message server, settings), and the rates of its users. Must not: import an
endpoint.
"""

from __future__ import annotations

from collections.abc import Sequence

from . import own, rates
from .archive import Archive
from .config import Config
from .db import Db
from .host import Host, Me, Person, Relations, Wanted
from .http import Refusal, forbidden, too_many
from .im import CallError, Im, NoSession
from .limits import (
    ACT_MS,
    ACTS_AT_ONCE,
    CHAT_FAILURES_ADDRESS,
    CHAT_FAILURES_ALL,
    CHAT_FAILURES_MS,
    CHAT_FAILURES_USER,
    CONTACTS_MAX,
    SEND_MS,
    SENDS_AT_ONCE,
)
from .own import Own
from .params import is_name


class Plugin:
    """The kit in a site."""

    def __init__(self, host: Host, db: Db, im: Im, config: Config) -> None:
        self.host = host
        self.db = db
        self.im = im
        self.config = config
        self.archive = Archive(db, config)

    def now(self) -> int:
        """The time in ms."""
        return self.config.clock()

    def may_send(self, user: str, weight: int) -> None:
        """Refuses a user who writes too fast."""
        if not rates.take(self.db, f"send {user}", self.now(), weight, SEND_MS, SENDS_AT_ONCE):
            raise too_many("You are writing too fast. Please wait a moment.")

    def may_act(self, user: str, what: str) -> None:
        """Refuses a user who changes the same thing too often."""
        if not rates.take(self.db, f"{what} {user}", self.now(), 1, ACT_MS, ACTS_AT_ONCE):
            raise too_many("You are doing this too often. Please wait a moment.")

    def may_fail(self, address: str, user: str) -> None:
        """Counts a failed log-in of a client of XMPP, and refuses more than the limits allow. The coarse limits come
        first, so that what they refuse leaves no row by its name."""
        for what, at_once in (
            (f"chat address {address}", CHAT_FAILURES_ADDRESS),
            ("chat all", CHAT_FAILURES_ALL),
            (f"chat user {user}", CHAT_FAILURES_USER),
        ):
            if not rates.take(self.db, what, self.now(), 1, CHAT_FAILURES_MS // at_once, at_once):
                raise too_many("Too many attempts to log in. Please wait some minutes.")

    def may(self, me: Person, act: str, target: str | None = None) -> None:
        """Refuses what the site does not let the user do."""
        words = self.host.may(me, act, target)
        if words is not None:
            raise forbidden(words)

    def person(self, id_or_uid: str) -> Person | None:
        """The user of this id or, if there is none, of this uid."""
        return self.named([id_or_uid]).get(id_or_uid)

    def named(self, ids: list[str]) -> dict[str, Person]:
        """The user that each of these ids or uids names. The host is asked once."""
        wanted = _names(ids)
        return _matched(wanted, self.host.people(wanted, _uids(wanted))) if wanted else {}

    def apart(self, me: Person, read: Own) -> set[str]:
        """The ids of the users that this user blocks, or that block this user."""
        return read.blocked | read.blockers | set(self.host.apart(me))

    def circle(self, me: Person, read: Own, ids: list[str], contacts: Wanted) -> Circle:
        """The users of these ids or uids, and how the user stands to them and to contacts."""
        wanted = _names(ids)
        return Circle(me, read, self.host.relations(me, wanted, _uids(wanted), contacts), wanted)

    def forget_ending(self, me: Me) -> None:
        """Passes on a log-out that could not be passed on before. It must come before a page goes online: the new
        session is not to be ended with the old ones."""
        try:
            self.im.offline(name=me.id)
        except NoSession:
            pass
        except CallError:
            return
        own.forget_meta(self.db, f"ending {me.id}")

    def log(self, level: str, text: str) -> None:
        """Logs a line. A host that cannot is no reason to refuse what was asked for."""
        try:
            self.host.log(level, text)
        except Exception:
            return

    def log_call(self, what: str, error: CallError) -> None:
        """Logs a call that failed beside the one that was asked for. No harm is done: the message server gets the same
        data when a page of the user next goes online."""
        if not isinstance(error, NoSession):
            self.log("warning", f"message server, {what}: {type(error).__name__}")


class Circle:
    """Users that a request names, and the contacts and blocks of the user who asks."""

    def __init__(self, me: Person, read: Own, found: Relations, wanted: list[str]) -> None:
        self.people = list({person.id: person for person in _matched(wanted, found.people).values()}.values())
        """The users that were named, in this order and each once."""
        others = [one for one in found.contacts if one.id != me.id and is_name(one.id)]
        self.contacts = others[:CONTACTS_MAX]
        self.groups = {contact.id: contact.group for contact in self.contacts}
        self.blocked = read.blocked | set(found.blocked)
        self._apart = self.blocked | read.blockers | set(found.apart)

    def is_apart(self, user: str) -> bool:
        """Whether one of the two blocks the other."""
        return user in self._apart


def _names(ids: list[str]) -> list[str]:
    """Those of these that can name a user, each once, and as many as a request may name."""
    return [one for one in dict.fromkeys(ids) if is_name(one)][:CONTACTS_MAX]


def _uids(wanted: list[str]) -> list[str]:
    return [one for one in wanted if one.isascii() and one.isdigit()]


def _matched(wanted: list[str], found: Sequence[Person]) -> dict[str, Person]:
    """The user that each of these ids or, failing that, uids names."""
    by_id = {person.id: person for person in found}
    by_uid = {person.uid: person for person in found if person.uid}
    people = ((one, by_id.get(one) or by_uid.get(one)) for one in wanted)
    return {one: person for one, person in people if person is not None}


def no_such_user() -> Refusal:
    """The refusal for an id that names nobody."""
    return Refusal(404, "There is no such user.")


def unreachable() -> Refusal:
    """The refusal while the message server is away."""
    return Refusal(503, "The chat cannot be reached at the moment.")
