"""`manage.py nextim_check`: tries all that the chat needs.

Owns: each attempt, in words and with its remedy. Must not: print a key.
"""

from __future__ import annotations

import base64
import http.client
import ssl
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError

from nextim_site.django.conf import config, database, handler
from nextim_site.im import CallError, NotAuthorized
from nextim_site.migrate import SCHEMA, schema


class Command(BaseCommand):
    """Tries the message server, the chat bar's script, the tables, and the way back."""

    help = (
        "Tries all that the chat needs: the message server, the script of the chat bar, the tables, and the way back."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Prints a line for each, and fails if one failed."""
        problems = [problem for problem in (_server(), _script(), _tables(), _way_back()) if self._tried(*problem)]
        if problems:
            raise CommandError(f"{len(problems)} of 4 failed")

    def _tried(self, what: str, problem: str) -> bool:
        if problem:
            self.stdout.write(self.style.ERROR(f"failed  {what}: {problem}"))
        else:
            self.stdout.write(self.style.SUCCESS(f"passed  {what}"))
        return problem != ""


def _server() -> tuple[str, str]:
    what = "the message server takes calls"
    try:
        handler().plugin.im.onlines([])
    except NotAuthorized:
        return what, "it does not accept the domain or the key. Compare NEXTIM with its [[domain]]."
    except CallError:
        return what, f"it cannot be reached at {config().server}. Is it running, and is NEXTIM[SERVER] right?"
    return what, ""


def _script() -> tuple[str, str]:
    url = (config().public_url or config().server).rstrip("/") + "/webim.js"
    status, body = _fetch("GET", url, {})
    if status == 200 and b"NextIM" in body:
        return f"browsers get {url}", ""
    return f"browsers get {url}", f"the answer is {status or 'none'}. Is PUBLIC_URL the address of the message server?"


def _tables() -> tuple[str, str]:
    found = schema(database())
    return "the tables are there", "" if found >= SCHEMA else "run manage.py migrate."


def _way_back() -> tuple[str, str]:
    """The way of messages that could not be delivered: a proxy may take the header away."""
    url = config().link(f"{config().site}/undelivered")
    pair = base64.b64encode(f"{config().domain}:{config().key()}".encode()).decode()
    headers = {"Authorization": f"Basic {pair}", "Content-Type": "application/json"}
    status, _ = _fetch("POST", url, headers, b"[]")
    if status == 200:
        return f"messages come back by {url}", ""
    remedy = "The header Authorization does not arrive." if status == 401 else "Is the first of ORIGINS this site?"
    return f"messages come back by {url}", f"the answer is {status or 'none'}. {remedy}"


def _fetch(method: str, url: str, headers: dict[str, str], body: bytes | None = None) -> tuple[int, bytes]:
    parts = urlsplit(url)
    try:
        if parts.scheme == "https":
            context = ssl.create_default_context()
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                parts.netloc, timeout=3, context=context
            )
        else:
            connection = http.client.HTTPConnection(parts.netloc, timeout=3)
        connection.request(method, parts.path, body, headers)
        response = connection.getresponse()
        return response.status, response.read(1_048_576)
    except (OSError, http.client.HTTPException, ValueError):
        return 0, b""
