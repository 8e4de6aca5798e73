"""The endpoints that have no file of their own, one after the other.

Owns: what a page gets, and what the message server is asked meanwhile. Must not: look into tables.
"""

from __future__ import annotations

import json
import re
from unittest.mock import patch

from .world import OWN, Case


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

    def test_of_several_the_host_is_asked_once(self) -> None:
        for endpoint, ids, kind in [
            ("histories", "bob,3,bob,2", "unicast"),
            ("histories", "walkers,secret", "multicast"),
            ("members", "walkers,secret", ""),
        ]:
            with (
                self.subTest(endpoint, kind=kind),
                patch.object(self.site, "people", wraps=self.site.people) as people,
                patch.object(self.site, "rooms", wraps=self.site.rooms) as rooms,
            ):
                found = self.ask("bob" if kind != "unicast" else "alice", endpoint, ids=ids, type=kind)
                self.assertEqual(list(found), list(dict.fromkeys(ids.split(","))))
                self.assertEqual(people.call_count + rooms.call_count, 1)
        for kind, ids in [("unicast", "bob,nobody"), ("multicast", "walkers,secret")]:
            self.refuse(404, "alice", "histories", ids=ids, type=kind)
        self.refuse(404, "alice", "members", ids="walkers,secret")

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

    def test_missed(self) -> None:
        first = self.say("alice", "bob", "1")
        self.say("bob", "alice", "2")
        found = self.ask("alice", "missed", since=first["id"])
        self.assertEqual([line["body"] for line in found["new_messages"]], ["1", "2"])
        self.assertNotIn("more", found)
        self.refuse(400, "alice", "missed")
        self.refuse(400, "alice", "missed", since="x")
