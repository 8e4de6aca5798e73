"""What `manage.py nextim_check` tries.

Owns: each attempt, and what to do if it fails. Must not: return a key.
"""

from __future__ import annotations

import base64
import http.client
import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from nextim_site.im import CallError, NotAuthorized, Refused
from nextim_site.migrate import SCHEMA, schema

from .conf import config, database, handler

_FETCH_S = 5
_SCRIPT_BYTES_MAX = 1_048_576
# Browsers take these for safe without https.
_LOCAL = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended."""

    words: str
    is_passed: bool = False


@dataclass(frozen=True)
class _Fetched:
    """What a URL answers."""

    status: int
    body: bytes = b""
    words: str = ""
    """Why there is no answer."""


def server() -> Outcome:
    """The message server takes calls."""
    try:
        handler().plugin.im.onlines([])
    except NotAuthorized:
        return Outcome(_("The message server does not take the domain or the key. Compare both with its [[domain]]."))
    except Refused as error:
        words = _("What runs at %(url)s answers %(status)s. Is it a message server?")
        return Outcome(words % {"url": config().server, "status": error.status})
    except CallError:
        words = _("The message server cannot be reached at %(url)s. Is it running, and may this machine connect?")
        return Outcome(words % {"url": config().server})
    return Outcome(_("The message server takes calls with this domain and key."), True)


def script() -> Outcome:
    """Browsers get the chat bar, by an address that pages with https may load it from."""
    if not config().public_url:
        return Outcome(_("PUBLIC_URL is empty. Name the address of the message server for browsers, with https."))
    url = config().public_url.rstrip("/") + "/webim.js"
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _LOCAL:
        return Outcome(_("PUBLIC_URL must begin with https: browsers load nothing else on pages with https."))
    found = _fetch("GET", url, {})
    if found.status == 200 and b"NextIM" in found.body:
        return Outcome(_("Browsers get %(url)s.") % {"url": url}, True)
    remedy = _("Does the proxy pass it on to the message server?")
    return Outcome(f"{_answered(url, found)} {remedy}")


def way_back() -> Outcome:
    """Messages that could not be delivered come back. A proxy may take the header away."""
    url = config().link(config().endpoint("undelivered"))
    if not config().key():
        return Outcome(_("There is no key. Set the environment variable NEXTIM_APIKEY."))
    pair = base64.b64encode(f"{config().domain}:{config().key()}".encode()).decode()
    headers = {"Authorization": f"Basic {pair}", "Content-Type": "application/json"}
    found = _fetch("POST", url, headers, b"[]")
    if found.status == 200:
        return Outcome(_("This site takes messages back at %(url)s.") % {"url": url}, True)
    remedy = (
        _("The web server takes the header Authorization away, or the site runs with another key.")
        if found.status == 401
        else _("Is the first of ORIGINS the address of this site, and is the site running?")
    )
    return Outcome(f"{_answered(url, found)} {remedy}")


def tables() -> Outcome:
    """The tables have the form that this version needs."""
    found = schema(database())
    if found < SCHEMA:
        return Outcome(_("The tables are missing or old. Run manage.py migrate."))
    if found > SCHEMA:
        return Outcome(_("The tables are those of a later version. Install that version of nextim-site."))
    return Outcome(_("The tables are there."), True)


ATTEMPTS: tuple[Callable[[], Outcome], ...] = (server, script, way_back, tables)


def domain_table() -> str:
    """The table of this site for the configuration of the message server. Its texts are quoted as in JSON."""
    url = config().link(config().endpoint("undelivered"))
    return f'[[domain]]\n{_line("name", config().domain)}apikeys = ["…"]\n{_line("undelivered_url", url)}'


def gateway_lines() -> str:
    """The lines of this site for the configuration of the gateway to XMPP; empty if it has none."""
    if not config().xmpp:
        return ""
    url = config().link(config().endpoint("xmpp"))
    own = _line("login_domain", config().xmpp) + _line("site_url", url) + _line("domain", config().domain)
    return f'{own}apikey = "…"\n'


def _line(key: str, value: str) -> str:
    return f"{key} = {json.dumps(value, ensure_ascii=False)}\n"


def _answered(url: str, found: _Fetched) -> str:
    if found.words:
        return _("%(url)s cannot be reached: %(reason)s.") % {"url": url, "reason": found.words}
    return _("%(url)s answers %(status)s.") % {"url": url, "status": found.status}


def _fetch(method: str, url: str, headers: dict[str, str], body: bytes | None = None) -> _Fetched:
    parts = urlsplit(url)
    try:
        connection: http.client.HTTPConnection = (
            http.client.HTTPSConnection(parts.netloc, timeout=_FETCH_S, context=ssl.create_default_context())
            if parts.scheme == "https"
            else http.client.HTTPConnection(parts.netloc, timeout=_FETCH_S)
        )
        try:
            connection.request(method, parts.path, body, headers)
            response = connection.getresponse()
            return _Fetched(response.status, response.read(_SCRIPT_BYTES_MAX))
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        return _Fetched(0, words=getattr(error, "verify_message", "") or str(error) or type(error).__name__)
