"""What comes before every endpoint: who asks, from where, how often, and the headers of every answer.

Owns: what `handler` and `jsonp` do. Must not: look into tables.
"""

from __future__ import annotations

import json
from unittest.mock import patch

from .world import Case


class Requests(Case):
    def test_who_asks_is_said_by_the_session_alone(self) -> None:
        self.say("alice", "bob", "hi", **{"from": "erin", "nick": "Forged", "timestamp": "1"})
        pushed = self.im.last("/messages")
        self.assertEqual((pushed["from"], pushed["nick"]), ("alice", "Alice"))
        self.assertEqual(pushed["timestamp"], str(self.clock.now))
        self.refuse(401, "nobody", "message", to="bob", body="hi")
        self.refuse(401, "nobody", "history", id="bob")

    def test_changes_need_a_post_of_an_own_page(self) -> None:
        names = (
            *("online", "offline", "refresh", "missed", "presence", "status", "message", "block", "unblock", "join"),
            *("leave", "clear_history", "setting"),
        )
        for name in names:
            with self.subTest(name):
                self.assertEqual(self.send("alice", name, {"method": "GET"}).status, 405)
                for headers in ({"origin": "https://evil"}, {"origin": ""}, {"sec-fetch-site": "cross-site"}):
                    self.assertEqual(self.send("alice", name, dict(headers)).status, 403)
        self.assertEqual(self.im.calls, [])
        self.assertEqual(self.send("alice", "history", {"origin": "https://evil"}, id="bob").status, 403)

    def test_scripts_are_for_listed_origins(self) -> None:
        listed = {"method": "GET", "origin": "", "referer": "https://www.example/page", "sec-fetch-dest": "script"}
        response = self.send("alice", "setting", dict(listed), callback="a.b", data='{"theme":"dark"}')
        self.assertEqual((response.status, response.body), (200, b'/**/a.b("ok");'))
        self.assertTrue(response.content_type.startswith("application/javascript"))
        refused = self.send("alice", "history", dict(listed), callback="cb", id="nobody")
        self.assertEqual(refused.status, 200)
        self.assertEqual(json.loads(refused.body[len("/**/cb(") : -2])["status"], 404)
        for headers in ({"referer": "https://evil/"}, {"sec-fetch-dest": "empty"}, {"referer": ""}):
            response = self.send("alice", "setting", {**listed, **headers}, callback="cb", data="{}")
            self.assertEqual((response.status, response.content_type), (403, "application/json"))
        self.assertEqual(self.send("alice", "history", dict(listed), callback="1(", id="bob").status, 400)
        self.assertEqual(self.send("alice", "refresh", {"origin": "https://www.example"}, ticket="t").status, 200)

    def test_every_answer_forbids_sniffing_and_caching(self) -> None:
        for name, params in [("history", {"id": "bob"}), ("nothing", {}), ("online", {}), ("message", {})]:
            headers = dict(self.send("alice", name, None, **params).all_headers())
            self.assertEqual(headers["Content-Type"], "application/json")
            self.assertEqual((headers["Cache-Control"], headers["X-Content-Type-Options"]), ("no-store", "nosniff"))

    def test_the_cookie_of_the_page_is_mended(self) -> None:
        def cookie(user: str, sent: str) -> str:
            headers = {"cookie": f"session={user}-1; nextim_user={sent}"}
            return dict(self.send(user, "history", headers, id="bob").headers).get("Set-Cookie", "")

        self.assertEqual(cookie("alice", "alice"), "")
        self.assertIn("nextim_user=alice;", cookie("alice", "bob"))
        self.assertIn("Max-Age=0", cookie("nobody", "bob"))

    def test_a_fault_is_a_refusal_in_words(self) -> None:
        with patch.object(self.plugin.archive, "histories", side_effect=ZeroDivisionError("alice said secret")):
            response = self.send("alice", "history", None, id="bob")
        self.assertEqual((response.status, dict(response.headers)["Retry-After"]), (503, "5"))
        self.assertNotIn("secret", response.body.decode() + " ".join(self.site.lines))
        self.assertRegex(self.site.lines[-1], "history: ZeroDivisionError")

    def test_rates(self) -> None:
        for n in range(20):
            self.say("alice", "bob", str(n))
        self.refuse(429, "alice", "message", to="bob", body="one too many")
        self.say("bob", "alice", "another user")
        self.clock.now += 500
        self.say("alice", "bob", "again")
        self.clock.now += 60_000
        self.say("alice", "bob", "x" * 32_000)
        self.assertEqual([self.send("alice", "message", None, to="bob", body="x").status for _ in range(17)][-1], 429)
        for _ in range(30):
            self.ask("alice", "setting", data="{}")
        self.refuse(429, "alice", "setting", data="{}")
        self.ask("alice", "unblock", id="bob")
