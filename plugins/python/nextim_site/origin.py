"""Requests that a page of another site makes in the user's name.

Owns: the check of where a request comes from. Must not: read parameters or bodies.

A browser sends the session's cookie with every request to the site, also with those of other sites' pages. It also
sends the origin of the page, and a page cannot forge that. The origins of the site are configured: the header `Host`
is whatever the client sends.
"""

from __future__ import annotations

from collections.abc import Iterable

from .http import Request

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def origin_of(url: str) -> str:
    """The origin of an http URL, in lower case and without the default port, or an empty text."""
    scheme, found, rest = url.strip().lower().partition("://")
    if not found or scheme not in _DEFAULT_PORTS:
        return ""
    for end in "/?#":
        rest = rest.partition(end)[0]
    rest = rest.removesuffix(_DEFAULT_PORTS[scheme])
    return f"{scheme}://{rest}" if rest and "@" not in rest else ""


def is_among(origins: Iterable[str], url: str) -> bool:
    """Whether a URL is of one of these origins."""
    found = origin_of(url)
    return found != "" and any(origin_of(origin) == found for origin in origins)


def is_own(request: Request, origins: Iterable[str]) -> bool:
    """Whether the request comes from a page of the site. One that does not name its origin does not."""
    site = request.header("sec-fetch-site")
    page = request.header("origin") or request.header("referer")
    if site and site != "same-origin":
        return False
    return is_among(origins, page) if page else site != ""


def is_script_of(request: Request, origins: Iterable[str]) -> bool:
    """Whether the request is for a script on a page of one of these origins: the address of the page and, from browsers
    that send it, the destination `script`."""
    return request.header("sec-fetch-dest") in ("", "script") and is_among(origins, request.header("referer"))
