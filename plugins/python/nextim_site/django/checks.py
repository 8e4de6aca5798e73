"""Django's check of the settings: `manage.py check`.

Owns: what can be seen without a network. Must not: call the message server; `nextim_check` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.urls import NoReverseMatch, reverse
from django.utils.module_loading import import_string

from nextim_site import Host

from .conf import DEFAULT_HOST, KNOWN, option, origins

_MIDDLEWARE = "nextim_site.django.middleware.BarMiddleware"


def check(app_configs: Any, **_: Any) -> Sequence[CheckMessage]:
    """All that is wrong with the settings."""
    found: list[CheckMessage] = [
        Error(f"NEXTIM[{name!r}] is missing.", id=f"nextim.E00{number}")
        for number, name in enumerate(("SERVER", "DOMAIN"), 1)
        if not option(name)
    ]
    if not origins():
        hint = "Name the origins of your pages, such as https://forum.example, there or in CSRF_TRUSTED_ORIGINS."
        found.append(Error('NEXTIM["ORIGINS"] is empty: every change would be refused.', hint, id="nextim.E003"))
    for name in sorted(set(getattr(settings, "NEXTIM", {})) - KNOWN):
        found.append(Error(f"There is no setting NEXTIM[{name!r}].", id="nextim.E004"))
    if isinstance(option("XMPP_GROUPS", ()), str):
        found.append(Error('NEXTIM["XMPP_GROUPS"] must be a list of names.', id="nextim.E007"))
    return [*found, *_check_host(), *_check_pages()]


def _check_host() -> list[CheckMessage]:
    name = option("HOST", DEFAULT_HOST)
    try:
        is_host = issubclass(import_string(name), Host)
    except (ImportError, TypeError) as error:
        return [Error(f'NEXTIM["HOST"]: {error}', id="nextim.E005")]
    return [] if is_host else [Error(f'NEXTIM["HOST"]: {name} is no Host.', id="nextim.E005")]


def _check_pages() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    try:
        reverse("nextim:endpoint", args=["online"])
    except NoReverseMatch:
        hint = 'Add path("webim/", include("nextim_site.django.urls")).'
        found.append(Error("The endpoints have no address.", hint, id="nextim.E006"))
    if not settings.MIDDLEWARE or settings.MIDDLEWARE[0] != _MIDDLEWARE:
        hint = "Before the middleware of caches, so that these do not keep the cookie of one user for another."
        found.append(Warning(f"{_MIDDLEWARE} is not the first of MIDDLEWARE.", hint, id="nextim.W001"))
    return found
