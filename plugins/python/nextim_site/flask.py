"""The kit as a blueprint of Flask.

Owns: the route of the endpoints, the tag in templates, and the cookie by which a page knows who it is for. Must not:
know a session; the host does.

    app.register_blueprint(nextim(handler), url_prefix="/webim")

In templates `{{ nextim_bar() }}` is the tag of the chat bar.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request
from markupsafe import Markup

from .cookie import NAME, hint
from .handler import Handler
from .tag import tag
from .wsgi import request_of


def nextim(handler: Handler, lang: Callable[[], str] = lambda: "") -> Blueprint:
    """The endpoints. `lang` is the language of the page that is being made."""
    blueprint = Blueprint("nextim", __name__)
    config = handler.plugin.config

    @blueprint.route("/<name>", methods=["GET", "POST"])
    def endpoint(name: str) -> Response:
        found = handler.handle(request_of(request.environ, name, request))
        return Response(found.body, found.status, found.all_headers())

    @blueprint.after_app_request
    def mend(response: Response) -> Response:
        """Sets the cookie in every answer of the app that no cache has, if it is wrong."""
        is_set = any(value.startswith(f"{NAME}=") for value in response.headers.getlist("Set-Cookie"))
        if request.blueprint != "nextim" and not is_set:
            asked = request_of({**request.environ, "CONTENT_LENGTH": ""}, "", request)
            for name, value in hint(config, asked, handler.plugin.host.me(asked)):
                response.headers.add(name, value)
        return response

    @blueprint.app_context_processor
    def bar() -> dict[str, Any]:
        return {"nextim_bar": lambda: Markup(tag(config, lang()))}

    return blueprint
