"""The settings, and the kit that is made of them.

Owns: the setting `NEXTIM` and its defaults. Must not: be imported before Django is set up.

    NEXTIM = {
        "SERVER": "http://127.0.0.1:8000",
        "PUBLIC_URL": "https://im.example",
        "DOMAIN": "forum.example",
        "ORIGINS": ["https://forum.example"],
        "HOST": "nextim_site.django.hosts.FriendshipHost",
    }
"""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils.module_loading import import_string

from nextim_site import Config, Handler, Host, Im

from .db import DjangoDb

DEFAULT_HOST = "nextim_site.django.hosts.AuthHost"
KNOWN = {
    *("SERVER", "PUBLIC_URL", "DOMAIN", "APIKEY", "ORIGINS", "JSONP_ORIGINS", "HOST", "DATABASE", "PREFIX"),
    *("INSERT", "EXCLUDE", "USER_LINKS"),
}


def option(name: str, default: Any = "") -> Any:
    """An entry of the setting."""
    return getattr(settings, "NEXTIM", {}).get(name, default)


def alias() -> str:
    """The database that has the kit's tables."""
    return str(option("DATABASE", "default"))


@cache
def database() -> DjangoDb:
    """The kit's database."""
    return DjangoDb(alias(), option("PREFIX"))


def origins() -> list[str]:
    """The origins of the site's pages: those of the setting, else the trusted ones of Django."""
    named = option("ORIGINS", None)
    return list(settings.CSRF_TRUSTED_ORIGINS if named is None else named)


@cache
def config() -> Config:
    """The kit's settings."""
    own = origins()
    try:
        path = reverse("nextim:endpoint", args=["x"]).removesuffix("/x")
    except NoReverseMatch:
        path = "/webim"
    return Config(
        server=option("SERVER"),
        domain=option("DOMAIN"),
        apikey=option("APIKEY"),
        public_url=option("PUBLIC_URL"),
        origins=own,
        jsonp_origins=option("JSONP_ORIGINS", ()),
        site=path,
        url=own[0] if own else "",
        cookie_path=settings.SESSION_COOKIE_PATH,
        user_links=option("USER_LINKS"),
    )


@cache
def handler() -> Handler:
    """The kit."""
    host: Host = import_string(option("HOST", DEFAULT_HOST))()
    return Handler(host, database(), Im(config(), host.log), config())
