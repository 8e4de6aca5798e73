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
from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils.translation import gettext

from nextim_site import Contact, Host, Me, Notice, Person, Request, Room

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
        """Superusers may write to everybody."""
        if act == "broadcast" and not self.users().filter(pk=me.id, is_superuser=True).exists():
            return gettext("Only an administrator may write to everybody.")
        return None

    def words(self, text: str) -> str:
        """By the translations of this app, in the language of the request."""
        return gettext(text)


class FriendshipHost(AuthHost):
    """The same with the friends, blocks and requests of django-friendship."""

    def contacts(self, me: Person) -> Sequence[Contact]:
        """Friends."""
        from friendship.models import Friend

        found = Friend.objects.filter(to_user=me.id, from_user__is_active=True).select_related("from_user")
        return [Contact(**vars(self.person(friend.from_user))) for friend in found[:2_000]]

    def apart(self, me: Person) -> Collection[str]:
        """Blocks, either way."""
        from friendship.models import Block

        found = Block.objects.filter(Q(blocker=me.id) | Q(blocked=me.id)).values_list("blocker_id", "blocked_id")
        return {str(one) for pair in found for one in pair} - {me.id}

    def blocked(self, me: Person) -> Collection[str]:
        """Those that the user blocks."""
        from friendship.models import Block

        return {str(one) for one in Block.objects.filter(blocker=me.id).values_list("blocked_id", flat=True)}

    def block(self, me: Person, other: str, on: bool) -> bool:
        """Keeps it as a block of django-friendship."""
        from friendship.exceptions import AlreadyExistsError
        from friendship.models import Block

        both = get_user_model()._default_manager.in_bulk([me.id, other])
        users = {str(key): user for key, user in both.items()}
        with of_chat():
            if not on:
                Block.objects.remove_block(users[me.id], users[other])
                return True
            try:
                Block.objects.add_block(users[me.id], users[other])
            except AlreadyExistsError:
                # It is what was asked for.
                return True
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
