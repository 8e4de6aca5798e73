"""The example as a server of its own: `python examples/wsgi/app.py --help`.

Owns: its pages and its flags. Must not: be used for more than a try: the server is that of Python's library.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
from collections.abc import Iterable
from html import escape
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]

from harbour import CHANNEL, PASSWORD, SEED, Harbour, HarbourHost, cookie_of, token_of  # noqa: E402

from nextim_site import Config, DbApi, Handler, Im, Request, tag, user_cookie  # noqa: E402
from nextim_site.wsgi import Application, Environ, Start, request_of  # noqa: E402

Headers = list[tuple[str, str]]


class Pages:
    """The site's pages: the front page with a form to log in, and what its tests and its users do there."""

    def __init__(self, site: Harbour, handler: Handler) -> None:
        self._site = site
        self._handler = handler

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """Answers a request."""
        path, method = environ.get("PATH_INFO", "/"), environ["REQUEST_METHOD"]
        request = request_of(environ, "")
        if method == "GET" and path == "/":
            return self._front(environ, start)
        form = {name: values[0] for name, values in parse_qs(request.body.decode("utf-8", "replace")).items()}
        act = getattr(self, f"_do_{path.strip('/')}", None) if method == "POST" else None
        if act is None:
            start("404 Not Found", [("Content-Type", "text/plain")])
            return [b"not found"]
        headers = act(environ, form)
        start("303 See Other", [("Location", "/"), ("Content-Type", "text/plain"), *headers])
        return [b""]

    def _front(self, environ: Environ, start: Start) -> list[bytes]:
        me = self._handler.plugin.host.me(request_of(environ, ""))
        who = f"<p>You are {escape(me.nick)}.</p>{_form('log_out', '', 'Log out')}" if me else _LOG_IN
        if me and self._handler.plugin.config.xmpp:
            who += '<p><a href="/webim/chat_passwords">Chat passwords</a></p>'
        links = " ".join(f'<a href="/space.php?uid={n}">{name}</a>' for n, name in enumerate(SEED, 1))
        page = _PAGE.format(who=who, links=links, tag=tag(self._handler.plugin.config))
        start("200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store")])
        return [page.encode()]

    def _do_log_in(self, environ: Environ, form: dict[str, str]) -> Headers:
        token = self._site.log_in(form.get("username", ""), form.get("password", ""))
        if token is None:
            return []
        me = self._handler.plugin.host.me(Request("GET", "", {"cookie": cookie_of(token)}))
        return [("Set-Cookie", cookie_of(token)), ("Set-Cookie", user_cookie(self._handler.plugin.config, me))]

    def _do_log_out(self, environ: Environ, form: dict[str, str]) -> Headers:
        token = token_of(environ.get("HTTP_COOKIE", ""))
        self._site.log_out(token)
        self._handler.tell.logged_out(token)
        return [("Set-Cookie", cookie_of("")), ("Set-Cookie", user_cookie(self._handler.plugin.config, None))]


class Desk(Pages):
    """The same with the acts of administrators, without a log-in: for tests, on loopback only."""

    def _do_befriend(self, environ: Environ, form: dict[str, str]) -> Headers:
        self._site.befriend(form["one"], form["other"])
        return []

    def _do_unfriend(self, environ: Environ, form: dict[str, str]) -> Headers:
        self._site.unfriend(form["one"], form["other"])
        self._handler.tell.apart(form["one"], form["other"])
        return []

    def _do_ban(self, environ: Environ, form: dict[str, str]) -> Headers:
        self._site.ban(form["one"])
        self._handler.tell.banned(form["one"])
        return []

    def _do_log_out_everywhere(self, environ: Environ, form: dict[str, str]) -> Headers:
        self._site.log_out_everywhere(form["one"])
        self._handler.tell.logged_out_everywhere(form["one"])
        return []

    def _do_join(self, environ: Environ, form: dict[str, str]) -> Headers:
        self._site.rows("INSERT OR IGNORE INTO members (room, user) VALUES (?, ?)", form["room"], form["one"])
        self._handler.tell.entered(form["one"], form["room"])
        return []

    def _do_leave(self, environ: Environ, form: dict[str, str]) -> Headers:
        self._site.rows("DELETE FROM members WHERE room = ? AND user = ?", form["room"], form["one"])
        self._handler.tell.left(form["one"], form["room"])
        return []

    def _do_subscribe(self, environ: Environ, form: dict[str, str]) -> Headers:
        self._site.rows("INSERT OR IGNORE INTO subscribers (user) VALUES (?)", form["one"])
        return []

    def _do_post(self, environ: Environ, form: dict[str, str]) -> Headers:
        self._handler.tell.posted(CHANNEL, form["text"], "/")
        return []


def _form(action: str, fields: str, word: str) -> str:
    return f'<form method="post" action="/{action}">{fields}<button>{word}</button></form>'


_LOG_IN = _form(
    "log_in",
    '<label>Name <input name="username"></label> <label>Password <input name="password" type="password"></label> ',
    "Log in",
)
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Harbour</title>
{tag}</head><body><h1>Harbour</h1>{who}<p>Members: {links}</p></body></html>
"""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Lines of requests would hold names."""


def application(options: argparse.Namespace) -> Application:
    """The site with the kit, as a WSGI application."""
    site = Harbour(options.db)
    site.seed()
    own = f"http://127.0.0.1:{options.port}"
    config = Config(
        server=options.im,
        domain=options.domain,
        apikey=options.apikey,
        public_url=options.im_public,
        origins=[own, f"http://localhost:{options.port}", *options.origin],
        jsonp_origins=options.jsonp_origin,
        url=own,
        xmpp=options.xmpp,
    )
    host = HarbourHost(site)
    handler = Handler(host, database(options), Im(config, host.log), config)
    return Application(handler, (Desk if options.desk else Pages)(site, handler))


def database(options: argparse.Namespace) -> DbApi:
    """Where the kit keeps its tables: beside the site's, or in a server of which the environment has the driver."""
    kind, _, where = options.database.partition(" ")
    if kind == "pgsql":
        import psycopg

        return DbApi(lambda: psycopg.connect(where), "pgsql", options.prefix)
    if kind == "mysql":
        import pymysql

        return DbApi(lambda: pymysql.connect(**_pairs(where)), "mysql", options.prefix)
    return DbApi(lambda: _sqlite(options), "sqlite", options.prefix)


def _sqlite(options: argparse.Namespace) -> sqlite3.Connection:
    connection = sqlite3.connect(options.db, timeout=2)
    if options.begin and Path(options.begin).is_file():
        connection.executescript(Path(options.begin).read_text("utf-8"))
    return connection


def _pairs(text: str) -> dict[str, Any]:
    return dict(pair.split("=", 1) for pair in text.split())


def flags() -> argparse.ArgumentParser:
    """The flags of the command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--db", default="harbour.sqlite", help="the SQLite file")
    parser.add_argument("--begin", help="statements with which each connection to SQLite begins; for tests")
    parser.add_argument(
        "--database",
        default="",
        help="keep the kit's tables there: `pgsql` and a connection string of psycopg, or `mysql user=… database=…`",
    )
    parser.add_argument("--prefix", default="", help="what the names of the kit's tables begin with")
    parser.add_argument("--im", default="http://127.0.0.1:8000", help="the message server")
    parser.add_argument("--im-public", default="", help="the message server as browsers reach it")
    parser.add_argument("--domain", default="localhost")
    parser.add_argument("--apikey", default="public")
    parser.add_argument("--origin", action="append", default=[], help="one more origin of the site's pages")
    parser.add_argument("--jsonp-origin", action="append", default=[], help="an origin whose pages may use JSONP")
    parser.add_argument("--xmpp", default="", help="let members use clients of XMPP, with addresses of this domain")
    parser.add_argument("--desk", action="store_true", help="let anybody act as an administrator; for tests")
    return parser


def main() -> None:
    """Serves until it is ended."""
    options = flags().parse_args()
    with make_server("127.0.0.1", options.port, application(options), _Server, _Quiet) as server:
        print(f"http://127.0.0.1:{options.port}/ as {', '.join(SEED)} with the password {PASSWORD}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
