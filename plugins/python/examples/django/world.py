"""The forum's records, as tests need them: `world.py ACT ARGUMENT…`.

Owns: what the conformance suite asks of a host. Must not: be run on a forum that anybody needs.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "forum.settings")

import django  # noqa: E402

if __name__ == "__main__":
    django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.contrib.auth.models import Group  # noqa: E402
from django.contrib.sessions.models import Session  # noqa: E402
from django.core.management import call_command  # noqa: E402
from friendship.models import Block, Friend  # noqa: E402

from nextim_site.archive import NewMessage  # noqa: E402
from nextim_site.django.conf import database, handler  # noqa: E402
from nextim_site.migrate import TABLES  # noqa: E402

USERS = ("alice", "bob", "carol", "dave", "erin", "frank", "admin")
PASSWORD = "demo1234"


def prepare() -> None:
    """Makes the tables."""
    call_command("migrate", verbosity=0)


def reset() -> None:
    """Makes the world new. Users keep their numbers, 1 to 7; the groups are 1 and 2."""
    Session.objects.all().delete()
    Friend.objects.all().delete()
    Block.objects.all().delete()
    for number, name in enumerate(USERS, 1):
        _user(number, name)
    befriend(1, 2)
    befriend(1, 3)
    Block.objects.create(blocker_id=1, blocked_id=5)
    for number, (name, members) in enumerate((("Walkers", [1, 2]), ("Secret", [2])), 1):
        group, _ = Group.objects.get_or_create(pk=number, defaults={"name": name})
        group.user_set.through.objects.filter(group=group).delete()
        group.user_set.through.objects.bulk_create(
            [group.user_set.through(user_id=member, group_id=number) for member in members]
        )
    db = database()
    for table in TABLES:
        if table != "meta":
            db.run(f"DELETE FROM {{p}}{table}")
    db.run("DELETE FROM {p}meta WHERE name <> 'schema'")


def _user(number: int, name: str) -> None:
    users = get_user_model().objects
    user = users.filter(pk=number).first() or users.create_user(name, f"{name}@example.com", PASSWORD, pk=number)
    if not user.check_password(PASSWORD):
        user.set_password(PASSWORD)
    is_admin = name == "admin"
    # By a query, so that no signal is sent.
    users.filter(pk=number).update(
        is_active=name != "frank", is_superuser=is_admin, is_staff=is_admin, password=user.password
    )
    profile: Any = user.st
    type(profile).objects.filter(user_id=number).update(nickname=name.title(), is_verified=True)


def befriend(one: int | str, other: int | str) -> None:
    """Makes two users friends."""
    Friend.objects.get_or_create(from_user_id=one, to_user_id=other)
    Friend.objects.get_or_create(from_user_id=other, to_user_id=one)


def unfriend(one: str, other: str) -> None:
    """Ends a friendship, as django-friendship's own page does."""
    users = get_user_model().objects
    Friend.objects.remove_friend(users.get(pk=one), users.get(pk=other))


def ban(one: str) -> None:
    """Closes an account, as an administrator does."""
    user = get_user_model().objects.get(pk=one)
    user.is_active = False
    user.save()


def log_out_everywhere(one: str) -> None:
    """Gives a user a new password, with which all sessions end."""
    user = get_user_model().objects.get(pk=one)
    user.set_password("another password")
    user.save()


def join(one: str, room: str) -> None:
    """Makes a user a member of a group."""
    get_user_model().objects.get(pk=one).groups.add(Group.objects.get(pk=room))


def leave(one: str, room: str) -> None:
    """Takes a user out of a group."""
    get_user_model().objects.get(pk=one).groups.remove(Group.objects.get(pk=room))


def fill(one: str, to: str, kind: str, count: str) -> None:
    """Stores messages that nobody has received."""
    for number in range(int(count)):
        handler().plugin.archive.add(NewMessage(kind, one, one, to, f"m{number}", "", None, None))


if __name__ == "__main__":
    acts = (prepare, reset, befriend, unfriend, ban, log_out_everywhere, join, leave, fill)
    {act.__name__: act for act in acts}[sys.argv[1]](*sys.argv[2:])  # type: ignore[operator]
