"""The endpoints, one after the other.

Owns: what a page gets, and what the message server is asked meanwhile. Must not: look into tables.
"""

from __future__ import annotations

import base64
import json
import re
from typing import Any
from unittest.mock import patch

from nextim_site import Channel, Request
from nextim_site.http import Response

from .world import OWN, USERS, Case


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


class Online(Case):
    def online(self, user: str = "alice", **params: str) -> Any:
        return self.ask(user, "online", **params)

    def test_the_shape(self) -> None:
        self.im.online_users = {"bob"}
        found = self.online(stranger_ids="4", buddy_ids="erin")
        self.assertTrue(found["success"])
        self.assertEqual(found["connection"]["server"], "http://im/packets")
        buddies = {buddy["id"]: buddy for buddy in found["buddies"]}
        self.assertEqual(list(buddies), ["bob", "carol", "erin", "dave"])
        self.assertEqual((buddies["bob"]["presence"], buddies["bob"]["show"]), ("online", "away"))
        self.assertEqual((buddies["carol"]["presence"], buddies["carol"]["show"]), ("offline", "unavailable"))
        self.assertEqual((buddies["bob"]["group"], buddies["dave"]["group"]), ("friend", "stranger"))
        self.assertEqual(buddies["bob"]["url"], OWN + "/u/bob")
        self.assertEqual(list(found["rooms"]), ["walkers"])
        self.assertEqual((found["rooms"]["walkers"]["count"], found["rooms"]["walkers"]["all_count"]), (1, 2))
        self.assertEqual(found["buddy_online_ids"], "bob")
        asked = self.im.last("/presences/online")
        self.assertEqual((asked["buddies"], asked["rooms"]), ("bob,carol,erin,dave", "walkers"))
        self.assertEqual((asked["version"], asked["expires"]), ("6", "3600"))

    def test_the_session_ends_with_the_log_in(self) -> None:
        for rest, expected in [(None, "3600"), (5, "60"), (700, "700"), (1_000_000, "3600")]:
            self.site.expires_s = rest
            self.online()
            self.assertEqual(self.im.last("/presences/online")["expires"], expected)
        self.online(version="3")
        asked = self.im.last("/presences/online")
        self.assertEqual((asked["version"], "expires" in asked), ("3", False))

    def test_a_message_that_waited_is_new_and_handed_over_once(self) -> None:
        self.say("bob", "alice", "hi")
        found = self.online()
        self.assertEqual([(line["body"], line.get("new")) for line in found["new_messages"]], [("hi", True)])
        buddy = next(buddy for buddy in found["buddies"] if buddy["id"] == "bob")
        self.assertEqual(buddy.get("history"), [], "what was not delivered is no history yet")
        self.assertEqual(self.online()["new_messages"], [])

    def test_a_message_that_comes_while_the_server_is_asked_is_not_lost(self) -> None:
        def say(path: str) -> None:
            if path == "/presences/online":
                self.im.before = lambda path: None
                self.say("bob", "alice", "just now")

        self.im.before = say
        self.assertEqual([line["body"] for line in self.online()["new_messages"]], ["just now"])

    def test_a_failed_answer_hands_nothing_over(self) -> None:
        self.say("bob", "alice", "hi")
        self.im.down = "unreachable"
        self.assertEqual(self.online()["error_msg"], "IM Server Not Found")
        self.im.down = "key"
        self.assertEqual(self.online()["error_msg"], "IM Server Not Authorized")
        self.im.down = ""
        with patch.object(self.plugin.archive, "histories", side_effect=ZeroDivisionError):
            self.assertEqual(self.send("alice", "online").status, 503)
        self.assertEqual(self.im.paths()[-1], "/presences/offline")
        self.assertEqual(len(self.online()["new_messages"]), 1)

    def test_a_log_out_meanwhile_ends_the_new_session(self) -> None:
        self.im.before = lambda path: self.site.sessions.discard("alice-1")
        self.refuse(401, "alice", "online")
        self.assertEqual(self.im.paths(), ["/presences/online", "/presences/offline"])

    def test_rights_that_end_meanwhile_are_taken_away(self) -> None:
        def change(path: str) -> None:
            self.site.members["walkers"] = ["bob"]
            self.site.apart_["alice"] = {"bob"}

        self.im.before = change
        self.online()
        self.assertEqual(self.im.paths(), ["/presences/online", "/room/leave", "/buddies/remove"])

    def test_a_retry_of_online_repeats_what_since_missed(self) -> None:
        first = self.say("alice", "bob", "mine", meta='{"a":1}')
        self.im.online_users = {"alice"}
        self.say("bob", "alice", "theirs")
        self.say("bob", "walkers", "room", type="multicast")
        lines = self.online(since=first["id"])["new_messages"]
        self.assertEqual([line["body"] for line in lines], ["mine", "theirs", "room"])
        self.assertEqual([line.get("new") for line in lines], [None, None, True])
        self.assertEqual(lines[0]["meta"], {"a": 1})
        self.assertTrue(lines[0]["cid"])
        self.assertNotIn("cid", lines[1])

    def test_the_form_logs_in_and_sets_the_cookie(self) -> None:
        response = self.send("nobody", "online", None, username="bob", password="right")
        self.assertEqual(json.loads(response.body)["user"]["id"], "bob")
        self.assertIn(("Set-Cookie", "session=bob-9"), response.headers)
        self.assertEqual(self.ask("nobody", "online", username="bob", password="x")["error_msg"], "Not Authorized")
        self.assertEqual(self.refuse(401, "nobody", "online"), "Not Authorized")
        self.site.words["chat"] = "Not you."
        self.assertEqual(self.online()["error_msg"], "Forbidden")

    def test_blocked_rooms_and_users_are_left_out(self) -> None:
        self.ask("alice", "leave", id="walkers")
        self.ask("bob", "block", id="alice")
        self.im.online_users = {"bob"}
        found = self.online()
        asked = self.im.last("/presences/online")
        self.assertEqual((asked["rooms"], asked["buddies"]), ("", "carol"))
        self.assertTrue(found["rooms"]["walkers"]["blocked"])
        self.assertEqual(found["buddies"][0]["presence"], "offline")

    def test_channels_are_rooms_of_subscribers(self) -> None:
        self.site.channels = (Channel("channel:forum", "Forum", "/forum"),)
        self.assertEqual(self.online()["channels"][0]["id"], "channel:forum")
        self.assertEqual(self.im.last("/presences/online")["rooms"], "walkers,channel:forum")
        self.assertEqual(self.online(version="3")["channels"], [])

    def test_open_chats_have_their_history(self) -> None:
        self.im.online_users = {"alice"}
        self.say("bob", "alice", "1")
        self.say("bob", "walkers", "2", type="multicast")
        found = self.online(buddy_ids="2", room_ids="walkers,secret")
        bob = next(buddy for buddy in found["buddies"] if buddy["id"] == "bob")
        self.assertEqual([line["body"] for line in bob["history"]], ["1"])
        self.assertEqual([line["body"] for line in found["rooms"]["walkers"]["history"]], ["2"])
        self.assertEqual(list(found["histories"]), ["bob", "walkers"])

    def test_a_gap_is_said(self) -> None:
        self.say("bob", "alice", "1")
        self.say("bob", "alice", "2")
        self.clock.now += 10 * 86_400_000
        from nextim_site import prune

        prune(self.plugin, 1)
        self.assertTrue(self.online(since="0")["gap"])
        self.assertNotIn("gap", self.online(since="2"))


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


class Others(Case):
    def test_histories(self) -> None:
        self.im.online_users = {"bob", "walkers"}
        for n in range(35):
            self.clock.now += 10_000
            self.say("alice", "bob", str(n))
        self.say("bob", "walkers", "room", type="multicast")
        found = self.ask("alice", "history", id="bob")
        self.assertEqual([line["body"] for line in found], [str(n) for n in range(5, 35)])
        before = self.ask("alice", "history", id="bob", before=str(found[0]["timestamp"]))
        self.assertEqual([line["body"] for line in before], [str(n) for n in range(5)])
        several = self.ask("alice", "histories", ids="bob,carol")
        self.assertEqual([len(several["bob"]), several["carol"]], [30, []])
        self.assertEqual(len(self.ask("alice", "history", type="multicast", id="walkers")), 1)
        self.refuse(404, "alice", "history", type="multicast", id="secret")
        self.refuse(404, "alice", "history", id="nobody")
        self.refuse(400, "alice", "history", type="x", id="bob")
        self.ask("alice", "clear_history", id="bob")
        self.assertEqual(self.ask("alice", "history", id="bob"), [])
        self.assertEqual(len(self.ask("bob", "history", id="alice")), 30)

    def test_a_downloaded_history_is_escaped(self) -> None:
        self.say("alice", "bob", "<script>alert(1)</script> $name 🦊")
        response = self.send("alice", "download_history", None, id="bob")
        self.assertEqual(response.content_type, "text/html; charset=utf-8")
        self.assertIn("&lt;script&gt;alert(1)&lt;/script&gt; $name 🦊", response.body.decode())
        self.assertRegex(dict(response.headers)["Content-Disposition"], r'attachment; filename="histories-\d{4}-\d\d-')

    def test_buddies(self) -> None:
        self.im.online_users = {"bob"}
        found = self.ask("alice", "buddies", ids="2,nobody,alice", stranger_ids="dave,bob")
        self.assertEqual([(one["id"], one["presence"]) for one in found], [("bob", "online"), ("dave", "offline")])
        self.im.down = "unreachable"
        self.assertEqual(self.ask("alice", "buddy", ids="bob")[0]["presence"], "offline")

    def test_rooms(self) -> None:
        self.im.online_users = {"alice", "bob"}
        self.assertEqual([room["id"] for room in self.ask("bob", "rooms")], ["walkers", "secret"])
        self.assertEqual([room["count"] for room in self.ask("alice", "rooms", ids="secret,walkers")], [2])
        self.assertEqual(self.ask("alice", "members", id="walkers")[0], {"id": "alice", "nick": "alice"})
        self.assertEqual(list(self.ask("bob", "members", ids="walkers,secret")), ["walkers", "secret"])
        self.refuse(404, "alice", "members", id="secret")
        self.refuse(404, "alice", "join", id="secret")
        self.assertEqual(self.ask("alice", "leave", id="walkers"), "ok")
        self.assertTrue(self.ask("alice", "rooms")[0]["blocked"])
        self.assertEqual(self.ask("alice", "join", id="walkers")["count"], 2)
        self.assertFalse(self.ask("alice", "rooms")[0]["blocked"])
        self.im.down = "unreachable"
        self.refuse(503, "alice", "members", id="walkers")
        self.im.calls.clear()
        self.ask("bob", "rooms")
        self.assertEqual(len(self.im.calls), 1, "a server that is away is not called for each room")

    def test_presence_and_typing(self) -> None:
        ticket = self.ask("alice", "online")["connection"]["ticket"]
        self.ask("alice", "presence", ticket=ticket, show="away", status="lunch")
        self.assertEqual(self.im.last("/presences/show")["status"], "lunch")
        bob = next(one for one in self.ask("carol", "buddies", ids="alice") if one["id"] == "alice")
        self.assertEqual((bob["status"], bool(re.fullmatch(r"\d\d:\d\d", bob["status_time"]))), ("lunch", True))
        self.ask("alice", "presence", ticket=ticket, show="invisible", status="secret")
        self.assertEqual(self.ask("carol", "buddies", ids="alice")[0]["status"], "lunch")
        self.ask("alice", "status", ticket=ticket, to="bob", show="typing")
        self.assertEqual(self.im.last("/statuses")["to"], "bob")
        self.refuse(403, "alice", "presence", ticket="unknown", show="away")
        self.refuse(400, "alice", "presence", ticket=ticket)
        self.im.down = "unreachable"
        self.refuse(503, "alice", "offline", ticket=ticket)
        self.im.down = ""
        self.ask("alice", "offline", ticket=ticket)
        self.im.calls.clear()
        self.assertEqual(self.ask("alice", "refresh", ticket=ticket), "ok")
        self.assertEqual(self.im.calls, [])

    def test_settings(self) -> None:
        sent = {"play_sound": "0", "theme": "dark", "zoom": 200, "lang": "zh-TW", "is_admin": True, "opacity": "80"}
        self.ask("alice", "setting", data=json.dumps({**sent, "blocked_rooms": [1, "2", None]}))
        kept = {"play_sound": False, "theme": "dark", "lang": "zh-TW", "opacity": 80, "blocked_rooms": ["1", "2"]}
        self.assertEqual(self.ask("alice", "online")["setting"], kept)
        self.ask("alice", "setting", theme="light")
        self.assertEqual(self.ask("alice", "online")["setting"], {**kept, "theme": "light"})
        for data in ("[]", "{", "1", '{"a":"' + "x" * 16_384 + '"}', "[" * 5_000):
            self.refuse(400, "alice", "setting", data=data)

    def test_notifications(self) -> None:
        found = self.ask("alice", "notifications")
        self.assertEqual(found, [{"text": "<hello>", "time": 5, "link": OWN + "/there"}])

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

    def test_missed(self) -> None:
        first = self.say("alice", "bob", "1")
        self.say("bob", "alice", "2")
        found = self.ask("alice", "missed", since=first["id"])
        self.assertEqual([line["body"] for line in found["new_messages"]], ["1", "2"])
        self.assertNotIn("more", found)
        self.refuse(400, "alice", "missed")
        self.refuse(400, "alice", "missed", since="x")


class Costs(Case):
    def test_statements_of_each_request(self) -> None:
        self.im.online_users = set(USERS)
        ticket = self.ask("alice", "online")["connection"]["ticket"]
        self.say("bob", "alice", "hi")
        self.ask("alice", "setting", data="{}")
        for most, endpoint, params in [
            (7, "message", {"to": "bob", "body": "x", "cid": "1", "ticket": ticket}),
            (6, "message", {"to": "walkers", "type": "multicast", "body": "x", "cid": "2", "ticket": ticket}),
            (10, "online", {"since": "0", "buddy_ids": "bob", "room_ids": "walkers"}),
            (3, "buddies", {"ids": "bob"}),
            (3, "history", {"id": "bob"}),
            (3, "missed", {"since": "0"}),
            (3, "presence", {"ticket": ticket, "show": "away", "status": "x"}),
            (3, "status", {"ticket": ticket, "to": "bob", "show": "typing"}),
            (3, "join", {"id": "walkers", "ticket": ticket}),
            (3, "leave", {"id": "walkers", "ticket": ticket}),
            (3, "rooms", {}),
            (3, "members", {"id": "walkers", "ticket": ticket}),
            (3, "setting", {"data": "{}"}),
            (3, "block", {"id": "bob"}),
            (3, "clear_history", {"id": "carol"}),
            (3, "clear_history", {"id": "walkers", "type": "multicast"}),
            (3, "offline", {"ticket": ticket}),
        ]:
            with self.subTest(endpoint):
                self.db.count = 0
                self.ask("alice", endpoint, **params)
                self.assertLessEqual(self.db.count, most)
