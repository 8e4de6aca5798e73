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

from django.conf import global_settings, settings
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, Resolver404, resolve, reverse
from django.utils.module_loading import import_string

from nextim_site import Config, Handler, Host, Im

from .db import DjangoDb

DEFAULT_HOST = "nextim_site.django.hosts.AuthHost"
KNOWN = {
    *("SERVER", "PUBLIC_URL", "DOMAIN", "APIKEY", "ORIGINS", "JSONP_ORIGINS", "HOST", "DATABASE", "PREFIX"),
    *("INSERT", "EXCLUDE", "USER_LINKS", "LOGIN_URL", "XMPP", "XMPP_GROUPS", "PAGE"),
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


def log_in_url() -> str:
    """The page on which users log in, as a template for the tag: that of the setting, else Django's own. Empty if
    Django's was never set, and no page is there."""
    page = str(option("LOGIN_URL", settings.LOGIN_URL))
    if page == global_settings.LOGIN_URL:
        try:
            resolve(page)
        except Resolver404:
            return ""
    url = resolve_url(page) if page else ""
    return f"{url}{'&' if '?' in url else '?'}next={{page}}" if url else ""


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
        log_in_url=log_in_url(),
        cookie_path=settings.SESSION_COOKIE_PATH,
        user_links=option("USER_LINKS"),
        xmpp=option("XMPP"),
    )


@cache
def handler() -> Handler:
    """The kit."""
    host: Host = import_string(option("HOST", DEFAULT_HOST))()
    return Handler(host, database(), Im(config(), host.log), config())
