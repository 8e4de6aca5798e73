"""`message`: what is stored, what is pushed, and what is refused.

Owns: which users may write to each other, and the order of the steps. Must not: look into tables.
"""

from __future__ import annotations

import json
from unittest.mock import patch

from nextim_site import Request

from .world import OWN, Case


class Messages(Case):
    def test_it_is_stored_and_then_pushed(self) -> None:
        self.im.online_users = {"bob"}
        seen = []
        self.im.before = lambda path: seen.append(len(self.plugin.archive.missed("bob", [], None).messages))
        found = self.say("alice", "bob", "hi", style="color:red;position:fixed")
        self.assertEqual(seen, [1])
        pushed = self.im.last("/messages")
        self.assertEqual((pushed["id"], pushed["timestamp"]), (found["id"], str(found["timestamp"])))
        self.assertEqual(pushed["style"], "color:red;")
        self.assertEqual((found["status"], found["arrived"]), ("ok", True))
        self.assertEqual(self.plugin.archive.missed("bob", [], None).messages, [])

    def test_what_only_invisible_users_have_is_not_told(self) -> None:
        self.im.online_users, self.im.visible = {"bob"}, False
        self.assertFalse(self.say("alice", "bob", "hi")["arrived"])
        self.assertEqual(self.plugin.archive.missed("bob", [], None).messages, [])
        self.assertFalse(self.ask("alice", "history", id="bob")[0]["arrived"])

    def test_a_visible_hand_over_is_an_arrival(self) -> None:
        for show, arrived in [("invisible", False), ("available", True)]:
            self.say("alice", "bob", show)
            self.ask("bob", "online", show=show)
            self.assertEqual(self.ask("alice", "history", id="bob")[-1]["arrived"], arrived)
        self.assertNotIn("arrived", self.ask("bob", "history", id="alice")[-1])

    def test_one_cid_is_one_message(self) -> None:
        self.im.down = "unreachable"
        first = self.say("alice", "bob", "hi", cid="1")
        self.im.down = ""
        self.im.online_users = {"bob"}
        second = self.say("alice", "bob", "hi again", cid="1")
        self.assertEqual((first["id"], first["timestamp"]), (second["id"], second["timestamp"]))
        self.assertEqual(self.im.last("/messages")["body"], "hi")
        self.assertEqual(self.say("alice", "bob", "hi", cid="1")["arrived"], True)
        self.assertEqual(self.im.paths().count("/messages"), 2, "what was delivered is not pushed again")

    def test_without_cid_the_answer_is_ok(self) -> None:
        self.assertEqual(self.ask("alice", "message", to="bob", body="hi"), "ok")

    def test_the_server_may_be_down(self) -> None:
        for down in ("unreachable", "key", "503", "session"):
            self.im.down = down
            self.say("alice", "bob", down)
        self.assertEqual(len(self.ask("bob", "missed", since="0")["new_messages"]), 4)

    def test_a_ticket_of_another_is_refused_and_an_old_one_is_left_out(self) -> None:
        mine = self.ask("alice", "online")["connection"]["ticket"]
        other = self.ask("bob", "online")["connection"]["ticket"]
        for endpoint, params in [
            ("message", {"to": "bob", "body": "x"}),
            ("offline", {}),
            ("refresh", {}),
            ("presence", {"show": "away"}),
            ("status", {"to": "bob", "show": "typing"}),
            ("join", {"id": "walkers"}),
            ("leave", {"id": "walkers"}),
            ("members", {"id": "walkers"}),
        ]:
            with self.subTest(endpoint):
                self.refuse(403, "alice", endpoint, ticket=other, **params)
        self.say("alice", "bob", "1", ticket=mine)
        self.assertEqual(self.im.last("/messages")["ticket"], mine)
        self.say("alice", "bob", "2", ticket="unknown")
        self.assertNotIn("ticket", self.im.last("/messages"))
        self.assertEqual(self.im.last("/messages")["from"], "alice")

    def test_what_is_refused_is_not_stored(self) -> None:
        for status, params in [
            (400, {"to": "bob", "body": ""}),
            (400, {"to": "bob", "body": " \n"}),
            (400, {"to": "bob", "body": "x" * 32_769}),
            (400, {"to": "bob", "body": "a\0b"}),
            (400, {"to": "bob", "body": "x", "type": "shout"}),
            (400, {"to": "bob", "body": "x", "cid": "c" * 129}),
            (400, {"to": "bob", "body": "x", "meta": "[]"}),
            (400, {"body": "x"}),
            (404, {"to": "nobody", "body": "x"}),
            (404, {"to": "secret", "body": "x", "type": "multicast"}),
            (404, {"to": "none", "body": "x", "type": "multicast"}),
            (403, {"to": "alice", "body": "x"}),
            (403, {"body": "x", "type": "broadcast"}),
        ]:
            with self.subTest(params):
                self.refuse(status, "alice", "message", **params)
        bad = self.handler.handle(
            Request("POST", "message", {"origin": OWN, "cookie": "session=alice-1"}, b"to=bob&body=%ff")
        )
        self.assertEqual(bad.status, 400)
        self.assertEqual(self.im.calls, [])

    def test_a_uid_names_a_user_too(self) -> None:
        self.say("alice", "2", "hi")
        self.assertEqual(self.im.last("/messages")["to"], "bob")

    def test_blocks_hold_both_ways(self) -> None:
        self.ask("alice", "block", id="bob")
        self.assertEqual(self.im.last("/buddies/remove"), {"name": "alice", "buddies": "bob"})
        self.assertEqual(self.refuse(403, "alice", "message", to="bob", body="x"), "You have blocked Bob.")
        self.refuse(403, "bob", "message", to="alice", body="x")
        self.ask("alice", "unblock", id="bob")
        self.say("bob", "alice", "hi")
        self.site.apart_ = {"alice": {"carol"}, "carol": {"alice"}}
        self.refuse(403, "alice", "message", to="carol", body="x")
        self.refuse(403, "carol", "message", to="alice", body="x")

    def test_the_words_say_whose_block_it_is_by_the_lists_of_the_host(self) -> None:
        self.site.apart_ = {"alice": {"bob", "carol"}}
        self.site.blocked_ = {"alice": {"bob"}}
        self.assertEqual(self.refuse(403, "alice", "message", to="bob", body="x"), "You have blocked Bob.")
        words = self.refuse(403, "alice", "message", to="carol", body="x")
        self.assertEqual(words, "Carol does not take messages from you.")
        shown = {one["id"]: one.get("blocked") for one in self.ask("alice", "buddies", ids="bob,carol")}
        self.assertEqual(shown, {"bob": True, "carol": None})

    def test_who_is_apart_from_nobody_costs_the_host_one_question(self) -> None:
        with patch.object(self.site, "blocked") as blocked:
            self.say("alice", "bob", "hi")
            self.ask("alice", "online")
        blocked.assert_not_called()

    def test_a_broadcast_is_for_those_who_may(self) -> None:
        self.say("erin", "", "to all", type="broadcast")
        self.assertEqual(self.im.last("/messages")["type"], "broadcast")
        self.im.down = "unreachable"
        self.refuse(503, "erin", "message", type="broadcast", body="x")

    def test_odd_texts_in_every_parameter(self) -> None:
        text = '\'; DROP "x" \\ % %s ? 🦊 שלום \u202e </script>'
        found = self.say("alice", "bob", text, cid=text, meta=json.dumps({"x": text}, ensure_ascii=False))
        self.assertEqual(self.say("alice", "bob", text, cid=text)["id"], found["id"])
        line = self.ask("alice", "history", id="bob")[0]
        self.assertEqual((line["body"], line["cid"], line["meta"]), (text, text, {"x": text}))
        self.assertEqual(self.im.last("/messages")["meta"], json.dumps({"x": text}, ensure_ascii=False))
        for endpoint, name in [("history", "id"), ("rooms", "ids"), ("buddies", "ids"), ("members", "id")]:
            self.assertIn(self.send("alice", endpoint, None, **{name: text}).status, (200, 404))
