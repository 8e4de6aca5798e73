"""What the kit needs from a site.

Owns: the interface, in the words of a chat: the class that a site implements, and the values that cross it. Must not:
import any module of the kit but `http` and `limits`.

Ids are text everywhere. A user's id is the site's key of the user, which never changes; a user's nick is what is shown.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from importlib.resources import files
from string import Template
from typing import Literal

from .http import Request
from .limits import NICK_BYTES_MAX


@dataclass(frozen=True)
class Person:
    """A user, as others see the user."""

    id: str
    nick: str
    uid: str = ""
    """The number in links, if the site has such numbers."""
    url: str = ""
    """The path of the user's page."""
    pic_url: str = ""
    """The path of the user's picture."""
    status: str = ""
    """A line of text of the site about the user; one that was written in the chat bar wins."""

    def __post_init__(self) -> None:
        """Cuts the nick: the message server refuses a longer one, and databases refuse U+0000."""
        fitting = self.nick.replace("\0", "").encode("utf-8", "ignore")[:NICK_BYTES_MAX].decode("utf-8", "ignore")
        object.__setattr__(self, "nick", fitting)


@dataclass(frozen=True)
class Me(Person):
    """The user who asks, and the log-in."""

    session: str = field(default="", repr=False)
    """The secret of the log-in, such as the value of the session's cookie. The kit seals tickets with it, and never
    stores it."""
    expires_s: int | None = None
    """How long the log-in lasts from now; none if it does not end by itself."""
    cookies: tuple[str, ...] = ()
    """Values of `Set-Cookie`, if the log-in has just begun."""

    @staticmethod
    def of(person: Person, session: str) -> Me:
        """A user with a log-in that is not one of the site's pages."""
        return Me(person.id, person.nick, person.uid, person.url, person.pic_url, person.status, session)


@dataclass(frozen=True)
class Contact(Person):
    """A friend, or whom else a user shall find in the list of contacts."""

    group: str = "friend"


@dataclass(frozen=True)
class Room:
    """A room of the chat: a group of the site."""

    id: str
    nick: str
    all_count: int = 0
    """How many members it has, online or not."""
    url: str = ""
    pic_url: str = ""


@dataclass(frozen=True)
class Notice:
    """Something the site wants to show to a user."""

    text: str
    link: str = ""
    """The path of the page it is about."""
    time: int = 0
    """In ms since 1970."""


@dataclass(frozen=True)
class Channel:
    """A room at the message server in which the site posts news. It is no group: users may subscribe to it."""

    id: str
    nick: str
    url: str = ""


@dataclass(frozen=True)
class Extras:
    """What the site adds to the chat bar of a user."""

    menu: Sequence[Mapping[str, object]] = ()
    """Entries `{title, url, icon, shortcut}`."""
    channels: Sequence[Channel] = ()
    """The channels to which the user is subscribed."""


Wanted = Literal["none", "those", "all"]
"""Which contacts a request needs: none, those among the users that it names, or all."""


@dataclass(frozen=True)
class Relations:
    """Users, and how one user stands to them."""

    people: Sequence[Person]
    """The users that were asked for."""
    contacts: Sequence[Contact] = ()
    """The contacts that were wanted; there may be more of them than wanted."""
    apart: Collection[str] = ()
    """As `Host.apart` has them; those beside `people` and `contacts` may be left out."""
    blocked: Collection[str] = ()
    """As `Host.blocked` has them."""


class Host(ABC):
    """A site that the kit runs in. Methods without a default must be written; each says what it costs at most."""

    @abstractmethod
    def me(self, request: Request) -> Me | None:
        """Who is logged in, by the site's own session and by nothing else. None for users who are deleted, banned or
        unverified; if the site leaves users logged in whom it bans, `may` says why they may not chat. `online` calls it
        twice: the second answer must not come from a cache of the request."""

    @abstractmethod
    def people(self, ids: Sequence[str], uids: Sequence[str]) -> Sequence[Person]:
        """The users of these ids, and of these uids, that exist and are not banned. One query."""

    @abstractmethod
    def contacts(self, me: Person) -> Sequence[Contact]:
        """The friends of a user, at most 2,000. One query."""

    @abstractmethod
    def rooms(self, me: Person, ids: Sequence[str] | None = None) -> Sequence[Room]:
        """The rooms of which the user is a confirmed member: all, or those among `ids`. One query."""

    def apart(self, me: Person) -> Collection[str]:
        """The ids of the users that this user blocks, or that block this user, by the site's own lists."""
        return ()

    def blocked(self, me: Person) -> Collection[str]:
        """Those among `apart` that the user blocks, so that the user can lift it. Asked only if `apart` has some."""
        return ()

    def relations(self, me: Person, ids: Sequence[str], uids: Sequence[str], contacts: Wanted) -> Relations:
        """`people`, `contacts`, `apart` and `blocked` at once. Written by sites whose database answers it by fewer
        queries than those four: two at most."""
        people = self.people(ids, uids) if ids else ()
        apart = self.apart(me)
        found = () if contacts == "none" else self.contacts(me)
        return Relations(people, found, apart, self.blocked(me) if apart else ())

    def block(self, me: Person, other: str, on: bool) -> bool:
        """Writes the site's own list of blocks. False if it has none: the kit then keeps it."""
        return False

    def rank(self, user: str) -> int:
        """0 for a member; moderators and administrators have more."""
        return 0

    def ban(self, me: Person, user: str, until: int, reason: str) -> bool:
        """Bans a user. False if the site cannot."""
        return False

    def may(self, me: Person, act: str, target: str | None = None) -> str | None:
        """None if the user may do this (`chat`, `write`, `broadcast`, `xmpp`, …), else words for the user."""
        return "Only an administrator may write to everybody." if act == "broadcast" else None

    def edit(self, me: Person, body: str) -> str:
        """The site's filter of words. It may raise `Refusal`."""
        return body

    def log_in(self, request: Request, name: str, password: str) -> Me | None:
        """Logs a user in, for the chat bar's own form. Off unless the site writes it: it goes past a captcha and a
        second factor."""
        return None

    def notices(self, me: Person) -> Sequence[Notice]:
        """The notifications of a user, the most important first."""
        return ()

    def extras(self, me: Person) -> Extras:
        """Entries of the menu, and channels."""
        return Extras()

    def page(self, request: Request, title: str, content: str) -> str:
        """The page on which members make chat passwords, as a whole. `title` is a text, `content` is HTML; a site puts
        both into its own layout."""
        page = Template(files(__package__).joinpath("page.html").read_text("utf-8"))
        return page.substitute(title=escape(title), content=content)

    def words(self, text: str) -> str:
        """A text of the kit for the user, in the user's language."""
        return text

    def log(self, level: str, text: str) -> None:
        """Logs a line. It has no names, bodies, tickets or keys."""
        logging.getLogger("nextim_site").log(getattr(logging, level.upper(), logging.WARNING), text)
