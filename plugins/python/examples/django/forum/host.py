"""What the chat asks of the forum, where Spirit has its own way.

Owns: how a user is shown. Must not: decide who is logged in; `AuthHost` does.
"""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from nextim_site import Person
from nextim_site.django.hosts import FriendshipHost


class SpiritHost(FriendshipHost):
    """Users with their profile and nickname, which are in Spirit's own table; one query for all."""

    def users(self) -> Any:
        """Users with their profiles."""
        return super().users().select_related("st")

    def person(self, user: Any) -> Person:
        """A user, with the address of the profile."""
        url = reverse("spirit:user:detail", kwargs={"pk": user.pk, "slug": user.st.slug})
        return Person(str(user.pk), user.st.nickname or user.username, str(user.pk), url)
