"""The cookie by which a page knows who it is for, and the tag in pages that do not have it.

Owns: both, for every answer that no cache has. Must not: make an answer depend on who asks: it comes before the
middleware of caches, and what these keep has neither.

Put `nextim_site.django.middleware.BarMiddleware` first in `MIDDLEWARE`.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language

from nextim_site import Me, Request, tag
from nextim_site.cookie import NAME, hint

from .conf import config, option

_END = b"</body>"


class BarMiddleware:
    """Sets the cookie. With `NEXTIM["INSERT"]` it also puts the tag at the end of HTML pages, but for those whose paths
    begin with an entry of `NEXTIM["EXCLUDE"]`, by default `/admin/`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answers a request."""
        response = self._get_response(request)
        if request.resolver_match is not None and request.resolver_match.app_name == "nextim":
            # The kit has set the cookie, by a session that it read itself.
            return response
        if NAME not in response.cookies:
            for _, value in hint(config(), _cookies_of(request), _me(request)):
                response.cookies.load(value)
        if option("INSERT", False) and self._is_page(request, response):
            self._insert(response)
        return response

    @staticmethod
    def _is_page(request: HttpRequest, response: HttpResponse) -> bool:
        excluded = tuple(option("EXCLUDE", ("/admin/",)))
        is_html = response.get("Content-Type", "").startswith("text/html") and response.status_code == 200
        return (
            is_html
            and not response.streaming
            and "Content-Encoding" not in response
            and not (excluded and request.path.startswith(excluded))
        )

    @staticmethod
    def _insert(response: HttpResponse) -> None:
        before, end, after = response.content.rpartition(_END)
        if end and b"data-user-cookie=" not in before:
            response.content = before + tag(config(), get_language() or "").encode() + end + after
            if "Content-Length" in response:
                response["Content-Length"] = str(len(response.content))


def _cookies_of(request: HttpRequest) -> Request:
    return Request("GET", "", {"cookie": request.META.get("HTTP_COOKIE", "")})


def _me(request: HttpRequest) -> Me | None:
    """Who is logged in after this request. Nobody is asked for visitors without a session: that costs no query."""
    user = getattr(request, "user", None)
    session = getattr(request, "session", None)
    if user is None or session is None or not session.session_key or not user.is_authenticated:
        return None
    return Me(str(user.pk), "", expires_s=int(session.get_expiry_age()))
