"""How many queries Django's hosts need for each request.

Owns: the numbers beside those of the kit, which the kit's own tests count. Must not: count the log-in: two queries, the
session and its user; `online` looks twice.
"""

from __future__ import annotations

import json
import re
from typing import Any

from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from friendship.models import Block, Friend

from .test_django import OWN, Case

_NOT_COUNTED = re.compile(r"nextim_|^BEGIN|^COMMIT|^ROLLBACK|SAVEPOINT|django_session", re.IGNORECASE)
_LOG_IN = re.compile(r'FROM "auth_user" WHERE "auth_user"."id" = \S+ LIMIT 21$')


class Costs(Case):
    def ask(self, endpoint: str, status: int = 200, **params: Any) -> list[str]:
        """The queries of a request, but for those of the kit and of the log-in."""
        form = "&".join(f"{name}={value}" for name, value in params.items())
        kind = "application/x-www-form-urlencoded"
        with CaptureQueriesContext(connection) as queries:
            answer = self.client.post(f"/webim/{endpoint}", form, kind, headers={"origin": OWN})
        self.assertEqual(answer.status_code, status, answer.content)
        self.answer = json.loads(answer.content)
        asked = [query["sql"] for query in queries]
        return [sql for sql in asked if not _NOT_COUNTED.search(sql) and not _LOG_IN.search(sql)]

    def test_queries_of_each_request(self) -> None:
        Friend.objects.create(from_user=self.alice, to_user=self.bob)
        Friend.objects.create(from_user=self.bob, to_user=self.alice)
        Block.objects.add_block(self.alice, self.erin)
        room = Group.objects.create(name="Walkers")
        room.user_set.add(self.alice, self.bob)
        self.client.force_login(self.alice)
        bob = self.bob.pk
        self.ask("online")
        ticket = self.answer["connection"]["ticket"]
        for most, endpoint, params in [
            # Three, and two for the last check.
            (5, "online", {"since": "0", "buddy_ids": bob, "stranger_ids": self.erin.pk, "room_ids": room.pk}),
            (2, "message", {"to": bob, "body": "x", "cid": "1", "ticket": ticket}),
            (2, "message", {"to": room.pk, "type": "multicast", "body": "x", "cid": "2", "ticket": ticket}),
            (1, "missed", {"since": "0"}),
            (2, "buddies", {"ids": f"{bob},{self.erin.pk}"}),
            (2, "history", {"id": bob}),
            (2, "history", {"id": room.pk, "type": "multicast"}),
            (2, "clear_history", {"id": bob}),
            (1, "rooms", {}),
            (2, "members", {"id": room.pk, "ticket": ticket}),
            (2, "join", {"id": room.pk, "ticket": ticket}),
            (2, "leave", {"id": room.pk, "ticket": ticket}),
            (2, "presence", {"ticket": ticket, "show": "away"}),
            (2, "status", {"ticket": ticket, "to": bob, "show": "typing"}),
            (2, "notifications", {}),
            (2, "setting", {"data": "{}"}),
            (2, "block", {"id": bob}),
            (2, "block", {"id": bob}),
            (2, "unblock", {"id": bob}),
            (2, "unblock", {"id": bob}),
            (0, "offline", {"ticket": ticket}),
        ]:
            with self.subTest(endpoint):
                asked = self.ask(endpoint, **params)
                self.assertLessEqual(len(asked), most, asked)

    def test_a_refused_message_costs_no_more(self) -> None:
        Block.objects.add_block(self.alice, self.erin)
        Block.objects.add_block(self.bob, self.alice)
        self.client.force_login(self.alice)
        for other, words in [(self.erin, "You have blocked erin."), (self.bob, "bob does not take messages from you.")]:
            with self.subTest(words):
                asked = self.ask("message", 403, to=other.pk, body="x")
                self.assertEqual(self.answer["error"], words)
                self.assertLessEqual(len(asked), 2, asked)
