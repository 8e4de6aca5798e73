"""`undelivered`: messages that come back from the message server.

Owns: who may return them, and that each waits once. Must not: look into tables.
"""

from __future__ import annotations

import base64
import json

from nextim_site import Request
from nextim_site.http import Response

from .world import Case


class Undelivered(Case):
    def back(self, body: bytes, key: str = "the key", domain: str = "forum.example") -> Response:
        pair = base64.b64encode(f"{domain}:{key}".encode()).decode()
        headers = {"authorization": f"Basic {pair}", "content-type": "application/json"}
        return self.handler.handle(Request("POST", "undelivered", headers, b"", body))

    def test_messages_come_back(self) -> None:
        self.im.online_users = {"bob"}
        found = self.say("alice", "bob", "hi")
        body = json.dumps([{"id": found["id"]}, {"id": "unknown"}, {}, {"id": 10**30}]).encode()
        for key, domain in [("wrong", "forum.example"), ("the key", "other"), ("", "forum.example")]:
            self.assertEqual(self.back(body, key, domain).status, 401)
        self.assertEqual(self.back(body).status, 200)
        self.assertEqual([line["body"] for line in self.ask("bob", "online")["new_messages"]], ["hi"])
        self.assertEqual(self.back(body).status, 200)
        self.assertEqual(self.ask("bob", "online")["new_messages"], [])
        for status, sent in [(400, b"{}"), (400, b"["), (400, b"[1]"), (413, b"[" + b"{}," * 100 + b"{}]")]:
            self.assertEqual(self.back(sent).status, status)
        self.assertEqual(self.back(b" " * 1_048_577).status, 413)

    def test_a_message_may_come_back_before_its_push_is_answered(self) -> None:
        self.im.online_users = {"bob"}

        def come_back(path: str) -> None:
            if path == "/messages":
                number = self.plugin.archive.missed("bob", [], None).messages[0].id
                self.back(json.dumps([{"id": number}]).encode())

        self.im.before = come_back
        self.say("alice", "bob", "hi")
        self.assertEqual(len(self.ask("bob", "online")["new_messages"]), 1)
