"""Events of Django that concern the chat.

Owns: which signal is which event. Must not: call the message server before the site's commit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.auth.signals import user_logged_out
from django.db import transaction
from django.db.models.signals import m2m_changed, post_delete, post_save

from nextim_site import Tell, erase

from .conf import handler

_IS_OF_CHAT = ContextVar("_IS_OF_CHAT", default=False)


@contextmanager
def of_chat() -> Iterator[None]:
    """What happens in here was asked for by the chat itself, which makes the call to the message server."""
    token = _IS_OF_CHAT.set(True)
    try:
        yield
    finally:
        _IS_OF_CHAT.reset(token)


def connect() -> None:
    """Connects all signals."""
    user = get_user_model()
    user_logged_out.connect(_logged_out, dispatch_uid="nextim")
    post_save.connect(_user_saved, sender=user, dispatch_uid="nextim")
    post_delete.connect(_user_deleted, sender=user, dispatch_uid="nextim")
    post_delete.connect(_group_deleted, sender=Group, dispatch_uid="nextim")
    groups: Any = getattr(user, "groups", None)
    if groups is not None:
        m2m_changed.connect(_groups_changed, sender=groups.through, dispatch_uid="nextim")
    if apps.is_installed("friendship"):
        from friendship.signals import block_created, friendship_removed

        friendship_removed.connect(_friendship_removed, dispatch_uid="nextim")
        block_created.connect(_block_created, dispatch_uid="nextim")


def _tell(event: Callable[[Tell], None]) -> None:
    transaction.on_commit(lambda: event(handler().tell), robust=True)


def _logged_out(request: Any, **_: Any) -> None:
    """The session's key is the one that pages went online with; it is gone after this signal."""
    key = request.session.session_key if request is not None else None
    if key:
        _tell(lambda tell: tell.logged_out(key))


def _user_saved(instance: Any, created: bool, **_: Any) -> None:
    """A user whose password is new, or who may not log in any more. Django keeps the new password beside the user until
    it is saved; all other sessions end with it, and so do the chat passwords of devices, also of an account that is
    closed: it may be opened again."""
    user = str(instance.pk)
    if not created and getattr(instance, "_password", None) is not None:
        _tell(lambda tell: tell.new_password(user))
    elif not instance.is_active:
        _tell(lambda tell: tell.banned(user))


def _user_deleted(instance: Any, **_: Any) -> None:
    user = str(instance.pk)

    def forget(tell: Tell) -> None:
        tell.erased(user)
        while not erase(handler().plugin, user):
            pass

    _tell(forget)


def _group_deleted(instance: Group, **_: Any) -> None:
    room = str(instance.pk)
    _tell(lambda tell: tell.room_gone(room))


def _groups_changed(instance: Any, action: str, reverse: bool, pk_set: set[Any] | None, **_: Any) -> None:
    if action not in ("post_add", "post_remove"):
        return
    for other in pk_set or ():
        user, room = (str(other), str(instance.pk)) if reverse else (str(instance.pk), str(other))
        if action == "post_add":
            _tell(lambda tell, user=user, room=room: tell.entered(user, room))  # type: ignore[misc]
        else:
            _tell(lambda tell, user=user, room=room: tell.left(user, room))  # type: ignore[misc]


def _friendship_removed(from_user: Any, to_user: Any, **_: Any) -> None:
    one, other = str(from_user.pk), str(to_user.pk)
    _tell(lambda tell: tell.apart(one, other))


def _block_created(blocking: Any = None, **_: Any) -> None:
    """django-friendship sends this signal three times; only one of them names both."""
    if blocking is not None and not _IS_OF_CHAT.get():
        one, other = str(blocking.blocker_id), str(blocking.blocked_id)
        _tell(lambda tell: tell.apart(one, other))
