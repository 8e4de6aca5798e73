"""Requests, answers and refusals, as plain values.

Owns: the reading of parameters, and the headers that every answer has. Must not: import a web framework, or any module
of the kit but `limits`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import unquote_to_bytes

JSON = "application/json"
SCRIPT = "application/javascript; charset=utf-8"
HTML = "text/html; charset=utf-8"


class Refusal(Exception):
    """A request that was not carried out. The text is for the user: details of a fault belong into the log. `%s` in it
    stands for each of `names`, so that the text can be translated."""

    def __init__(self, status: int, text: str, *names: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.names = names

    def words(self, translate: Callable[[str], str]) -> str:
        """The text in the user's language."""
        found = translate(self.text)
        return found % self.names if self.names else found


def bad(text: str) -> Refusal:
    """400: a parameter is missing or wrong."""
    return Refusal(400, text)


def log_in_first() -> Refusal:
    """401: nobody is logged in."""
    return Refusal(401, "Please log in.")


def forbidden(text: str, *names: str) -> Refusal:
    """403: the user may not do this."""
    return Refusal(403, text, *names)


def not_found(text: str) -> Refusal:
    """404: it does not exist, or the user may not know that it does."""
    return Refusal(404, text)


def too_many(text: str) -> Refusal:
    """429: too much in too short a time."""
    return Refusal(429, text)


def unavailable(text: str) -> Refusal:
    """503: it cannot be done now."""
    return Refusal(503, text)


class Params:
    """The parameters of a request. One that is in the query and in the body has its value from the query."""

    def __init__(self, *forms: bytes) -> None:
        self._sent: dict[str, bytes] = {}
        for form in forms:
            for pair in form.split(b"&"):
                name, _, value = pair.replace(b"+", b" ").partition(b"=")
                if name:
                    self._sent.setdefault(unquote_to_bytes(name).decode("utf-8", "replace"), unquote_to_bytes(value))

    @staticmethod
    def of_json(fields: Mapping[str, Any]) -> Params:
        """The fields of an object that are texts or numbers, and `meta` as JSON; others count as missing."""
        params = Params()
        for name, value in fields.items():
            if isinstance(value, str):
                sent = value
            elif isinstance(value, int) and not isinstance(value, bool):
                sent = str(value)
            elif name == "meta" and isinstance(value, dict):
                sent = json.dumps(value, ensure_ascii=False)
            else:
                continue
            params._sent[name] = sent.encode("utf-8", "surrogatepass")
        return params

    def find(self, name: str) -> str | None:
        """A parameter as it was sent."""
        sent = self._sent.get(name)
        if sent is None:
            return None
        try:
            return sent.decode("utf-8")
        except UnicodeDecodeError:
            raise bad(f"bad parameter: {name}") from None

    def get(self, name: str) -> str:
        """A parameter as it was sent, or an empty text."""
        return self.find(name) or ""


@dataclass(frozen=True)
class Request:
    """A request to one of the kit's endpoints."""

    method: str
    endpoint: str
    """The name after the path of the kit, such as `online`."""
    headers: Mapping[str, str]
    """The names in lower case."""
    query: bytes = b""
    """Without the question mark."""
    body: bytes = b""
    native: Any = None
    """The request of the host's framework, for the host to find its session."""

    @cached_property
    def params(self) -> Params:
        """The parameters of the query and, if it is a form, of the body."""
        kind = self.header("content-type").partition(";")[0].strip().lower()
        is_form = kind in ("", "application/x-www-form-urlencoded", "text/plain")
        return Params(self.query, self.body if is_form else b"")

    @cached_property
    def cookies(self) -> Mapping[str, str]:
        """The cookies; a line that cannot be read has none."""
        try:
            return {name: morsel.value for name, morsel in SimpleCookie(self.header("cookie")).items()}
        except CookieError:
            return {}

    def header(self, name: str) -> str:
        """A header, or an empty text."""
        return self.headers.get(name, "")


@dataclass(frozen=True)
class Response:
    """An answer. The host's framework sends it as it is."""

    body: bytes
    content_type: str = JSON
    status: int = 200
    headers: tuple[tuple[str, str], ...] = field(default=())
    """All but those of `all_headers`."""

    def with_status(self, status: int) -> Response:
        """The same with another status."""
        return replace(self, status=status)

    def with_headers(self, headers: Iterable[tuple[str, str]]) -> Response:
        """The same with more headers. A value that would break the head of the answer is left out."""
        safe = tuple((name, value) for name, value in headers if "\r" not in value and "\n" not in value)
        return replace(self, headers=self.headers + safe)

    def all_headers(self) -> list[tuple[str, str]]:
        """All headers. No answer may be cached or taken for another type: most are for one user."""
        always = [
            ("Content-Type", self.content_type),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        return [*always, *self.headers]


def to_json(value: object) -> str:
    """JSON that may stand in a script, or in a page."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def answer(value: object) -> Response:
    """An answer of JSON."""
    return Response(to_json(value).encode("utf-8", "replace"))
