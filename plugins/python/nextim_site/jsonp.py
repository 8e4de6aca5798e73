"""Answers as JSON, or as a script that calls a function of the page.

Owns: which pages may get a script, and the form of every answer and refusal. Must not: import an endpoint.

Any page of any site can load a script, and the browser sends the user's cookie along. A script that changes something
is then as good as a forged form. So the operator names the origins whose pages may load one, and the browser's headers
name the page.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from .config import Config
from .http import JSON, SCRIPT, Refusal, Request, Response, answer, bad, forbidden
from .limits import RETRY_AFTER_S
from .origin import is_script_of
from .params import text

_CALLBACK = re.compile(r"[A-Za-z_$][A-Za-z0-9_$.]{0,127}")


def admit(config: Config, request: Request, changes: bool) -> None:
    """Refuses scripts to pages that may not get them, and changes by GET that are no such scripts."""
    called = text(request.params, "callback")
    if called and not _callback(config, request):
        if _CALLBACK.fullmatch(called):
            raise forbidden("This site gives no scripts to pages of that origin.")
        raise bad("bad parameter: callback")
    if request.method == "POST":
        return
    if request.method not in ("GET", "HEAD") or (changes and not called):
        raise Refusal(405, "This needs another method.")


def finish(config: Config, request: Request, response: Response) -> Response:
    """The answer as JSON or as a script. A browser runs no script that comes with an error's status, so a script is
    always 200, and a refusal has its status in its JSON."""
    called = _callback(config, request)
    if not called or response.content_type != JSON:
        return response
    body = b"/**/" + called.encode() + b"(" + response.body + b");"
    return replace(response, body=body, content_type=SCRIPT, status=200)


def refused(refusal: Refusal, translate: Callable[[str], str]) -> Response:
    """A refusal as an answer."""
    shape = {"error": refusal.words(translate), "status": refusal.status}
    response = answer(shape).with_status(refusal.status)
    if refusal.status in (429, 503):
        return response.with_headers([("Retry-After", str(RETRY_AFTER_S))])
    if refusal.status == 405:
        return response.with_headers([("Allow", "POST")])
    return response


def _callback(config: Config, request: Request) -> str:
    """The function to call, if this page may get a script. A POST has been checked already: its page may."""
    try:
        called = text(request.params, "callback")
    except Refusal:
        return ""
    is_allowed = request.method == "POST" or is_script_of(request, config.jsonp_origins)
    return called if is_allowed and _CALLBACK.fullmatch(called) else ""
