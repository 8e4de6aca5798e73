"""How many statements of its own the kit needs for each request.

Owns: the numbers. Must not: count what the host asks.
"""

from __future__ import annotations

from .world import USERS, Case


class Costs(Case):
    def test_statements_of_each_request(self) -> None:
        self.im.online_users = set(USERS)
        ticket = self.ask("alice", "online")["connection"]["ticket"]
        self.say("bob", "alice", "hi")
        self.ask("alice", "setting", data="{}")
        for most, endpoint, params in [
            # The first of a conversation costs one more.
            (7, "message", {"to": "carol", "body": "x", "cid": "0", "ticket": ticket}),
            (6, "message", {"to": "bob", "body": "x", "cid": "1", "ticket": ticket}),
            (6, "message", {"to": "walkers", "type": "multicast", "body": "x", "cid": "2", "ticket": ticket}),
            (5, "message", {"to": "walkers", "type": "multicast", "body": "x", "cid": "3", "ticket": ticket}),
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

    def test_who_has_no_settings_yet_costs_no_more(self) -> None:
        ticket = self.ask("bob", "online")["connection"]["ticket"]
        self.db.count = 0
        self.ask("bob", "leave", id="walkers", ticket=ticket)
        self.assertLessEqual(self.db.count, 3)
