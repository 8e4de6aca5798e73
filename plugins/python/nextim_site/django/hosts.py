"""Hosts for Django's users and groups, and for django-friendship.

Owns: what the kit asks of a site, by Django's models. Must not: read a password.

To show users in another way, or to take contacts and rooms from your own models, write a class of these and name it in
`NEXTIM["HOST"]`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user, get_user_model
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import gettext

from nextim_site import Contact, Extras, Host, Me, Notice, Person, Relations, Request, Room, Wanted
from nextim_site.limits import CONTACTS_MAX

from .conf import config, option
from .signals import of_chat


class AuthHost(Host):
    """Users of `AUTH_USER_MODEL`, and their groups as rooms. It knows no friends."""

    def me(self, request: Request) -> Me | None:
        """By the session's cookie. Each call reads the session again, and does not take it from Django's request."""
        key = request.native.COOKIES.get(settings.SESSION_COOKIE_NAME)
        if not key:
            return None
        store = import_module(settings.SESSION_ENGINE).SessionStore(key)
        asking = HttpRequest()
        asking.session = store
        user = get_user(asking)
        if not user.is_authenticated or not user.is_active:
            return None
        about = vars(self.person(user))
        return Me(**about, session=key, expires_s=int(store.get_expiry_age()))

    def person(self, user: Any) -> Person:
        """How a user is shown."""
        url = user.get_absolute_url() if hasattr(user, "get_absolute_url") else ""
        return Person(str(user.pk), self.nick(user), str(user.pk), url)

    def nick(self, user: Any) -> str:
        """The name that others see."""
        return str(user.get_username())[:64]

    def users(self) -> Any:
        """The users that there are in the chat."""
        return get_user_model()._default_manager.filter(is_active=True)

    def people(self, ids: Sequence[str], uids: Sequence[str]) -> Sequence[Person]:
        """By the primary key, which is both the id and the number."""
        return [self.person(user) for user in self.users().filter(pk__in=keys(ids))]

    def contacts(self, me: Person) -> Sequence[Contact]:
        """None: chats begin at links to users."""
        return ()

    def rooms(self, me: Person, ids: Sequence[str] | None = None) -> Sequence[Room]:
        """The groups of the user."""
        found = Group.objects.filter(user=me.id)
        if ids is not None:
            found = found.filter(pk__in=[one for one in ids if one.isascii() and one.isdigit() and len(one) < 18])
        # A second join counts all members, not the one of the first.
        counted = Group.objects.filter(pk__in=found.values("pk")).annotate(members=Count("user"))
        return [Room(str(group.pk), group.name, group.members) for group in counted.order_by("name")]

    def may(self, me: Person, act: str, target: str | None = None) -> str | None:
        """Superusers may write to everybody, and the groups of the setting chat by XMPP."""
        if act == "broadcast" and not self.users().filter(pk=me.id, is_superuser=True).exists():
            return gettext("Only an administrator may write to everybody.")
        if act == "xmpp" and not self._is_in(me, option("XMPP_GROUPS", ())):
            return gettext("This site does not let you chat by XMPP.")
        return None

    @staticmethod
    def _is_in(me: Person, groups: Sequence[str]) -> bool:
        """Whether the user is in one of these groups; everybody is if there are none."""
        return not groups or Group.objects.filter(user=me.id, name__in=groups).exists()

    def extras(self, me: Person) -> Extras:
        """The menu leads members who may use clients of XMPP to the page for chat passwords."""
        if not config().xmpp or self.may(me, "xmpp") is not None:
            return Extras()
        return Extras(({"title": gettext("Chat passwords"), "url": config().endpoint("chat_passwords")},))

    def page(self, request: Request, title: str, content: str) -> str:
        """By the template that the setting names."""
        template = option("PAGE")
        if not template:
            return super().page(request, title, content)
        return render_to_string(template, {"title": title, "content": mark_safe(content)}, request.native)

    def words(self, text: str) -> str:
        """By the translations of this app, in the language of the request."""
        return gettext(text)


class FriendshipHost(AuthHost):
    """The same with the friends, blocks and requests of django-friendship."""

    def contacts(self, me: Person) -> Sequence[Contact]:
        """Friends."""
        # By django-friendship's own name of the way back from a user.
        friends = self.users().filter(_unused_friend_relation__to_user=me.id)
        return [Contact(**vars(self.person(user))) for user in friends[:CONTACTS_MAX]]

    def apart(self, me: Person) -> Collection[str]:
        """Blocks, either way."""
        return self.relations(me, (), (), "none").apart

    def blocked(self, me: Person) -> Collection[str]:
        """Those that the user blocks."""
        return self.relations(me, (), (), "none").blocked

    def relations(self, me: Person, ids: Sequence[str], uids: Sequence[str], contacts: Wanted) -> Relations:
        """Two queries: how the user stands to others, and users."""
        from . import ties

        named = keys(ids)
        found = ties.ties_of(me.id, {"none": (), "those": named, "all": None}[contacts])
        friends = [user for tie, user in found if tie == ties.FRIEND][:CONTACTS_MAX]
        read = {*named, *friends}
        people = {user.pk: self.person(user) for user in self.users().filter(pk__in=read)} if read else {}
        blocked = {str(user) for tie, user in found if tie == ties.BLOCKED}
        return Relations(
            [people[user] for user in named if user in people],
            [Contact(**vars(people[user])) for user in friends if user in people],
            blocked | {str(user) for tie, user in found if tie == ties.BLOCKER},
            blocked,
        )

    def block(self, me: Person, other: str, on: bool) -> bool:
        """Keeps it as a block of django-friendship."""
        from . import ties

        change = ties.add_block if on else ties.remove_block
        with of_chat():
            change(me.id, other)
        return True

    def notices(self, me: Person) -> Sequence[Notice]:
        """Requests for friendship that wait for an answer."""
        from friendship.models import FriendshipRequest

        found = FriendshipRequest.objects.filter(to_user=me.id, rejected__isnull=True).select_related("from_user")
        return [
            Notice(
                gettext("%s wants to be your friend") % self.nick(one.from_user),
                "",
                int(one.created.timestamp() * 1_000),
            )
            for one in found.order_by("-created")[:50]
        ]


def keys(ids: Sequence[str]) -> list[Any]:
    """Those ids that can be a primary key of a user, and are written as the kit writes them."""
    field = get_user_model()._meta.pk
    found = []
    for one in ids:
        try:
            key = field.to_python(one)
            field.run_validators(key)
        except ValidationError:
            continue
        if str(key) == one:
            found.append(key)
    return found
