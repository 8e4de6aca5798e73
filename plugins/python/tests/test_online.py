"""`online`: what a page that begins gets, in which order, and what becomes of it when a step fails.

Owns: the order of its steps, by the calls that the message server gets. Must not: look into tables.
"""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

from nextim_site import Channel

from .world import OWN, Case


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
        self.site.forbids["chat"] = "Not you."
        refused = {"success": False, "error_msg": "Forbidden", "error": "Not you.", "status": 403}
        self.assertEqual(self.online(), refused)
        self.assertEqual(self.refuse(403, "alice", "buddies"), "Not you.")

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
        last = self.say("bob", "alice", "2")["id"]
        self.clock.now += 10 * 86_400_000
        from nextim_site import prune

        prune(self.plugin, 1)
        self.assertTrue(self.online(since="0")["gap"])
        self.assertNotIn("gap", self.online(since=last))
