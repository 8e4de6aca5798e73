"""The kit as a WSGI application.

Owns: from a WSGI environment to a request, and back. Must not: know a framework or a session.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from .handler import Handler, body_bytes_max
from .http import Request, Response

Environ = dict[str, Any]
Start = Callable[..., Any]


class Application:
    """A WSGI application for the paths below `path`; all others go to `app`. With `path=""` it is mounted by a server
    or a framework that has taken the path away."""

    def __init__(
        self, handler: Handler, app: Callable[[Environ, Start], Iterable[bytes]], path: str = "/webim"
    ) -> None:
        self._handler = handler
        self._app = app
        self._path = path.rstrip("/") + "/"

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """Answers a request."""
        asked = environ.get("PATH_INFO", "")
        if not asked.startswith(self._path):
            return self._app(environ, start)
        return send(self._handler.handle(request_of(environ, asked.removeprefix(self._path))), environ, start)


def request_of(environ: Environ, endpoint: str, native: Any = None) -> Request:
    """A request of the kit. `native` is what the host finds its session by; without it, the environment."""
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    headers["content-type"] = environ.get("CONTENT_TYPE") or ""
    return Request(
        environ.get("REQUEST_METHOD", "GET"),
        endpoint,
        headers,
        environ.get("QUERY_STRING", "").encode("latin-1", "replace"),
        _body(environ, body_bytes_max(endpoint)),
        environ if native is None else native,
    )


def _body(environ: Environ, bytes_max: int) -> bytes:
    length = environ.get("CONTENT_LENGTH") or ""
    if not length.isascii() or not length.isdigit():
        return bytes(environ["wsgi.input"].read(bytes_max)) if environ.get("wsgi.input_terminated") else b""
    return bytes(environ["wsgi.input"].read(min(int(length), bytes_max)))


def send(response: Response, environ: Environ, start: Start) -> list[bytes]:
    """Sends an answer of the kit."""
    phrase = HTTPStatus(response.status).phrase
    headers = [*response.all_headers(), ("Content-Length", str(len(response.body)))]
    start(f"{response.status} {phrase}", headers)
    return [] if environ.get("REQUEST_METHOD") == "HEAD" else [response.body]
