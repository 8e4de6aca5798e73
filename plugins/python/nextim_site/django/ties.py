"""The friends and blocks of django-friendship, by few queries.

Owns: one query for all ties of a user, and one for each change of a block. Must not: be imported by a site without
django-friendship.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError, router, transaction
from django.db.models import Value
from friendship.models import Block, Friend, bust_cache
from friendship.signals import block_created, block_removed

FRIEND, BLOCKED, BLOCKER = "friend", "blocked", "blocker"


def ties_of(user: str, among: Collection[Any] | None) -> list[tuple[str, Any]]:
    """The kind and the other user of each tie: friends, among these users or all, and blocks either way."""
    friends = Friend.objects.filter(to_user=user)
    if among is not None:
        friends = friends.filter(from_user__in=among)
    found = [
        friends.annotate(tie=Value(FRIEND)).values_list("tie", "from_user"),
        Block.objects.filter(blocker=user).annotate(tie=Value(BLOCKED)).values_list("tie", "blocked"),
        Block.objects.filter(blocked=user).annotate(tie=Value(BLOCKER)).values_list("tie", "blocker"),
    ]
    return list(found[0].union(*found[1:], all=True))


def add_block(blocker: str, blocked: str) -> None:
    """`Block.objects.add_block`, which first looks whether there is such a block; the database finds it, too."""
    block = Block(blocker=_user(blocker), blocked=_user(blocked))
    try:
        with transaction.atomic(using=router.db_for_write(Block)):
            block.save(force_insert=True)
    except IntegrityError:
        # It is what was asked for.
        return
    _send(block_created, block)


def remove_block(blocker: str, blocked: str) -> None:
    """`Block.objects.remove_block`, which first reads the block and both users."""
    removed, _ = Block.objects.filter(blocker=blocker, blocked=blocked).delete()
    if removed:
        _send(block_removed, Block(blocker=_user(blocker), blocked=_user(blocked)))


def _send(signal: Any, block: Any) -> None:
    """What django-friendship does with each of its changes."""
    signal.send(sender=Block, blocker=block.blocker)
    signal.send(sender=Block, blocked=block.blocked)
    signal.send(sender=Block, blocking=block)
    bust_cache("blocked", block.blocked_id)
    bust_cache("blocking", block.blocker_id)


def _user(key: str) -> Any:
    """A user of whom Django reads the rest when a receiver of a signal asks for it."""
    model: Any = get_user_model()
    field = model._meta.pk
    return model.from_db(router.db_for_read(model), [field.attname], [field.to_python(key)])
