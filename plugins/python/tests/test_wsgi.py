"""The WSGI part, in the way a server calls it."""

from __future__ import annotations

import io
from typing import Any
from wsgiref.util import setup_testing_defaults

from nextim_site.wsgi import Application

from .world import OWN, Case


class Wsgi(Case):
    def call(self, path: str, body: bytes = b"", query: str = "", **environ: Any) -> tuple[str, dict[str, str], bytes]:
        called: list[Any] = []
        asked = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "HTTP_COOKIE": "session=alice-1",
            "HTTP_ORIGIN": OWN,
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
            **environ,
        }
        setup_testing_defaults(asked)

        def other(environ: dict[str, Any], start: Any) -> list[bytes]:
            start("200 OK", [])
            return [b"the site"]

        application = Application(self.handler, other, "/webim")
        sent = b"".join(application(asked, lambda status, headers: called.extend((status, dict(headers)))))
        return called[0], called[1], sent

    def test_a_request_and_its_answer(self) -> None:
        self.im.online_users = {"bob"}
        status, headers, body = self.call("/webim/message", b"to=bob&body=%F0%9F%A6%8A+hi", "ignored=%C3%BC")
        self.assertEqual((status, body), ("200 OK", b'"ok"'))
        self.assertEqual((headers["Content-Length"], headers["Content-Type"]), ("4", "application/json"))
        self.assertEqual(self.im.last("/messages")["body"], "🦊 hi")

    def test_other_paths_are_the_sites(self) -> None:
        for path in ("/", "/webimage", "/webim", "/x/webim/message"):
            self.assertEqual(self.call(path)[2], b"the site")

    def test_refusals(self) -> None:
        self.assertEqual(self.call("/webim/nothing")[0], "404 Not Found")
        self.assertEqual(self.call("/webim/message", REQUEST_METHOD="GET")[0], "405 Method Not Allowed")
        self.assertEqual(self.call("/webim/message", HTTP_ORIGIN="https://evil")[0], "403 Forbidden")
        self.assertEqual(self.call("/webim/message", b"x" * 131_073)[0], "413 Request Entity Too Large")
        self.assertEqual(self.call("/webim/message", b"", CONTENT_LENGTH="x")[0], "400 Bad Request")
        self.assertEqual(self.call("/webim/history", REQUEST_METHOD="HEAD", query="id=bob")[2], b"")

    def test_a_body_without_a_length(self) -> None:
        body = b"to=bob&body=hi"
        chunked: dict[str, Any] = {"CONTENT_LENGTH": "", "wsgi.input_terminated": True}
        self.assertEqual(self.call("/webim/message", body, "", **chunked)[0], "200 OK")
        self.assertEqual(self.call("/webim/message", body, CONTENT_LENGTH="")[0], "400 Bad Request")
