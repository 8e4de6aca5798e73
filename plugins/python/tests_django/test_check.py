"""`manage.py nextim_check`: each attempt is broken in turn, and the words say what to do.

Owns: the answers of the message server, of a proxy and of the site. Must not: repeat the checks of `manage.py check`.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from threading import Thread
from typing import Any
from unittest.mock import patch

from django.core.management import CommandError, call_command

from nextim_site import own
from nextim_site.django.attempts import domain_table
from nextim_site.django.conf import config, database

from .test_django import Case

PAIR = base64.b64encode(b"forum.example:key").decode()


class Proxy(BaseHTTPRequestHandler):
    """Stands for the addresses that browsers and the message server use. `status` is what it answers."""

    status = 200
    script = b"/* NextIM */"
    passes_header = True

    def do_GET(self) -> None:
        self._answer(self.status if self.path == "/webim.js" else 404, self.script)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        is_known = self.passes_header and self.headers["Authorization"] == f"Basic {PAIR}"
        self._answer((200 if is_known else 401) if self.path == "/webim/undelivered" else 404, b"ok")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """The output of a test is its result."""


class Check(Case):
    def setUp(self) -> None:
        super().setUp()
        listener = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
        Thread(target=listener.serve_forever, args=(0.01,), daemon=True).start()
        self.addCleanup(listener.server_close)
        self.addCleanup(listener.shutdown)
        self.base = f"http://127.0.0.1:{listener.server_port}"
        self.change()

    def change(self, **changes: Any) -> None:
        """Other settings."""
        found = replace(config(), **{"public_url": self.base, "url": self.base} | changes)
        patched = patch("nextim_site.django.attempts.config", lambda: found)
        patched.start()
        self.addCleanup(patched.stop)

    def check(self) -> list[str]:
        """The lines that are printed; the last is that of the error, if there is one."""
        out = StringIO()
        try:
            call_command("nextim_check", stdout=out)
        except CommandError as error:
            return [*out.getvalue().splitlines(), str(error)]
        return out.getvalue().splitlines()

    def test_all_is_well(self) -> None:
        lines = self.check()
        self.assertEqual([line.split()[0] for line in lines[:4]], ["passed"] * 4)
        self.assertIn(f'undelivered_url = "{self.base}/webim/undelivered"', lines)
        self.assertNotIn("key", " ".join(lines).replace("apikeys", "").replace("domain and key", "").split())

    def test_each_fault_has_its_remedy(self) -> None:
        def down(how: str) -> Callable[[], None]:
            return lambda: setattr(self.im, "down", how)

        def proxy(**values: Any) -> Callable[[], None]:
            def change() -> None:
                for name, value in values.items():
                    setattr(Proxy, name, value)

            return change

        schema = own.get_meta(database(), "schema") or ""
        cases: list[tuple[str, Callable[[], None]]] = [
            ("cannot be reached at http://127.0.0.1:1. Is it running", down("unreachable")),
            ("does not take the domain or the key", down("key")),
            ("answers 502. Is it a message server?", down("502")),
            ("PUBLIC_URL is empty", lambda: self.change(public_url="")),
            ("must begin with https", lambda: self.change(public_url="http://im.example")),
            ("/webim.js answers 502. Does the proxy pass it on", proxy(status=502)),
            ("/webim.js answers 200. Does the proxy pass it on", proxy(script=b"<html>")),
            ("/webim.js cannot be reached", lambda: self.change(public_url="https://127.0.0.1:1")),
            ("takes the header Authorization away", proxy(passes_header=False)),
            ("There is no key", lambda: self.change(apikey="")),
            ("/undelivered cannot be reached", lambda: self.change(url="http://127.0.0.1:1")),
            ("/undelivered answers 404. Is the first of ORIGINS", lambda: self.change(url=self.base, site="/other")),
            ("Run manage.py migrate", lambda: own.set_meta(database(), "schema", "0")),
            ("a later version", lambda: own.set_meta(database(), "schema", "99")),
        ]
        for words, break_it in cases:
            with self.subTest(words):
                break_it()
                lines = self.check()
                failed = [line for line in lines if line.startswith("failed")]
                self.assertEqual((len(failed), lines[-1]), (1, "1 of 4 failed"), lines)
                self.assertIn(words, failed[0])
                self.im.down = ""
                proxy(status=200, script=b"/* NextIM */", passes_header=True)()
                self.change()
                own.set_meta(database(), "schema", schema)
        self.assertEqual(len([line for line in self.check() if line.startswith("passed")]), 4)

    def test_the_lines_of_the_gateway(self) -> None:
        self.change(domain='a "b"', url="https://forum.example")
        lines = self.check()
        gateway = lines[lines.index("For the configuration of the gateway to XMPP:") + 2 :]
        urls = ['login_domain = "login.example"', 'site_url = "https://forum.example/webim/xmpp"']
        self.assertEqual(gateway[:4], [*urls, 'domain = "a \\"b\\""', 'apikey = "…"'])
        self.change(xmpp="")
        self.assertNotIn("For the configuration of the gateway to XMPP:", self.check())

    def test_the_table_to_paste(self) -> None:
        self.change(domain='a "b" \\', url="https://forum.example")
        expected = '[[domain]]\nname = "a \\"b\\" \\\\"\napikeys = ["…"]\n'
        self.assertEqual(domain_table(), f'{expected}undelivered_url = "https://forum.example/webim/undelivered"\n')
