"""The example of one file with Flask: `python examples/flask/harbour_flask.py --im http://127.0.0.1:8000`.

Owns: its pages. Must not: be used for more than a try: the server is that of Flask's developers.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1] / "wsgi")]

from app import database, flags  # noqa: E402
from flask import Flask, redirect, render_template_string, request  # noqa: E402
from harbour import PASSWORD, SEED, Harbour, HarbourHost, cookie_of, token_of  # noqa: E402
from markupsafe import Markup  # noqa: E402
from werkzeug.wrappers import Response  # noqa: E402

from nextim_site import Config, Handler, Im, Request, user_cookie  # noqa: E402
from nextim_site.flask import nextim  # noqa: E402
from nextim_site.wsgi import request_of  # noqa: E402

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Harbour</title>{{ nextim_bar() }}</head><body><h1>Harbour</h1>
{% if title %}<h2>{{ title }}</h2>{{ content }}{% endif %}
{% if me %}<p>You are {{ me.nick }}.</p><form method="post" action="/log_out"><button>Log out</button></form>
{% else %}<form method="post" action="/log_in"><label>Name <input name="username"></label>
<label>Password <input name="password" type="password"></label> <button>Log in</button></form>{% endif %}
</body></html>
"""


class FlaskHost(HarbourHost):
    """The same host, with the kit's page in the layout of this site."""

    def page(self, request: Request, title: str, content: str) -> str:
        """The page for chat passwords."""
        return render_template_string(_PAGE, me=self.me(request), title=title, content=Markup(content))


def application(options: argparse.Namespace) -> Flask:
    """The site with the kit."""
    site = Harbour(options.db)
    site.seed()
    own = f"http://127.0.0.1:{options.port}"
    config = Config(
        options.im,
        options.domain,
        options.apikey,
        public_url=options.im_public,
        origins=[own, *options.origin],
        url=own,
        xmpp=options.xmpp,
    )
    host = FlaskHost(site)
    handler = Handler(host, database(options), Im(config, host.log), config)
    app = Flask(__name__)
    app.register_blueprint(nextim(handler), url_prefix="/webim")

    @app.get("/")
    def front() -> str:
        return render_template_string(_PAGE, me=host.me(request_of(request.environ, "")))

    @app.post("/log_in")
    def log_in() -> Response:
        token = site.log_in(request.form.get("username", ""), request.form.get("password", ""))
        response = redirect("/", 303)
        user = host.user(token) if token else None
        if token and user:
            response.headers.add("Set-Cookie", cookie_of(token))
            response.headers.add("Set-Cookie", user_cookie(config, user))
        return response

    @app.post("/log_out")
    def log_out() -> Response:
        token = token_of(request.environ.get("HTTP_COOKIE", ""))
        site.log_out(token)
        handler.tell.logged_out(token)
        response = redirect("/", 303)
        response.headers.add("Set-Cookie", cookie_of(""))
        return response

    return app


if __name__ == "__main__":
    chosen = flags().parse_args()
    print(f"{', '.join(SEED)} with the password {PASSWORD}", flush=True)
    application(chosen).run("127.0.0.1", chosen.port, threaded=True)
