"""What a site may do wrong, and what anybody may send.

Owns: bad input in every parameter, hosts and databases that fail, a key that was changed. Must not: repeat the
faults of a message server, which `test_im` has.
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any
from unittest.mock import patch

from nextim_site import DbApi, Handler, Response
from nextim_site.handler import _ENDPOINTS

from .world import Case

SECRET = "alice said this"
TEXTS = (
    "\"'`; DROP TABLE x; -- \\",
    "% %s %(x)s ? :1 {p} {endpoint}",
    "bob,carol,,é,",
    "🦊 \u202eשלום\u202c </script><!--",
    "\0\x1f\x7f",
    "x" * 5_000,
)
PARAMETERS = {
    "online": "buddy_ids room_ids stranger_ids show status since version username password",
    "message": "to body type cid style meta ticket",
    "status": "to show type ticket",
    "presence": "show status ticket",
    "history": "id ids type before",
    "clear_history": "id ids type",
    "download_history": "id type",
    "missed": "since",
    "buddies": "ids stranger_ids",
    "block": "id",
    "unblock": "id",
    "rooms": "ids",
    "join": "id ticket",
    "leave": "id ticket",
    "members": "id ticket",
    "setting": "data theme",
    "offline": "ticket",
    "notifications": "callback",
}
GOOD = {"to": "bob", "body": "x", "id": "bob", "ids": "bob", "show": "away", "since": "0", "data": "{}"}


class Input(Case):
    def test_no_text_in_any_parameter_is_a_fault(self) -> None:
        ticket = self.ask("alice", "online")["connection"]["ticket"]
        for endpoint, names in PARAMETERS.items():
            for name in names.split():
                for text in TEXTS:
                    self.clock.now += 10_000
                    good = {one: GOOD[one] for one in names.split() if one in GOOD}
                    response = self.send("alice", endpoint, None, **good | {"ticket": ticket} | {name: text})
                    with self.subTest(endpoint=endpoint, name=name, text=text[:40]):
                        self.assertIn(response.status, (200, 400, 401, 403, 404, 413), response.body)
                        if endpoint != "download_history":
                            json.loads(response.body)
        self.assertEqual([line for line in self.site.lines if line.startswith("error")], [])

    def test_every_endpoint_is_in_the_table_above(self) -> None:
        other_names = {"refresh", "buddy", "histories", "notification"}
        self.assertEqual(set(PARAMETERS), (set(_ENDPOINTS) - other_names) | {"online"})


class Faults(Case):
    def refuses(self, response: Response) -> None:
        """The fault has words for the user, and not its own."""
        self.assertEqual((response.status, response.content_type), (503, "application/json"))
        self.assertIn("Please try again", json.loads(response.body)["error"])
        self.assertNotIn(SECRET, response.body.decode() + " ".join(self.site.lines))

    def test_a_host_that_fails_in_any_method(self) -> None:
        ticket = self.ask("alice", "online")["connection"]["ticket"]
        message = {"to": "bob", "body": "x", "cid": "1", "ticket": ticket}
        cases: list[tuple[str, str, dict[str, str]]] = [
            ("me", "message", message),
            ("people", "message", message),
            ("apart", "message", message),
            ("may", "message", message),
            ("edit", "message", message),
            ("rooms", "message", message | {"to": "walkers", "type": "multicast"}),
            ("contacts", "online", {}),
            ("extras", "online", {}),
            ("may", "online", {}),
            ("log_in", "online", {"username": "alice", "password": "right"}),
            ("blocked", "buddies", {"ids": "bob"}),
            ("block", "block", {"id": "bob"}),
            ("notices", "notifications", {}),
        ]
        self.site.apart_ = {"alice": {"erin"}}
        self.im.calls.clear()
        for method, endpoint, params in cases:
            with self.subTest(method), patch.object(self.site, method, side_effect=RuntimeError(SECRET)):
                self.refuses(self.send("alice", endpoint, None, **params))
        self.assertEqual((self.im.paths(), self.db.rows("SELECT id FROM {p}messages")), ([], []))

    def test_a_host_that_fails_for_the_last_check_ends_the_session(self) -> None:
        rooms = self.site.rooms
        with patch.object(self.site, "rooms", side_effect=[rooms(self.site.people(["alice"], [])[0]), RuntimeError]):
            self.refuses(self.send("alice", "online", None))
        self.assertEqual(self.im.paths(), ["/presences/online", "/presences/offline"])

    def test_a_host_that_cannot_log_or_translate(self) -> None:
        with (
            patch.object(self.site, "log", side_effect=RuntimeError(SECRET)),
            patch.object(self.site, "words", side_effect=RuntimeError(SECRET)),
            patch.object(self.site, "rooms", side_effect=RuntimeError(SECRET)),
        ):
            self.refuses(self.send("alice", "rooms", None))
            self.im.down = "unreachable"
            self.say("alice", "bob", "it is stored all the same")
            self.handler.tell.banned("bob")

    def test_a_key_that_was_changed(self) -> None:
        self.im.down = "key"
        self.assertEqual(self.ask("alice", "online")["error_msg"], "IM Server Not Authorized")
        sent = self.say("alice", "bob", "it is stored")
        self.assertEqual([line["id"] for line in self.ask("alice", "history", id="bob")], [sent["id"]])
        self.im.down = ""
        self.assertEqual([line["body"] for line in self.ask("bob", "online")["new_messages"]], ["it is stored"])

    def on_file(self, *pragmas: str) -> Handler:
        """The same site over another connection to the file of SQLite."""

        def connect() -> Any:
            connection = sqlite3.connect(Path(self.folder, "kit.sqlite"), timeout=0)
            for pragma in pragmas:
                connection.execute(f"PRAGMA {pragma}")
            return connection

        db = DbApi(connect, "sqlite", self.db.prefix)
        self.addCleanup(db.close)
        return Handler(self.site, db, self.im, self.config)

    def test_a_database_that_is_locked_read_only_or_full(self) -> None:
        if self.db.dialect != "sqlite":
            return  # All say it by an error of a driver, and no part of the kit looks which.
        self.say("alice", "bob", "before")
        pages = self.db.rows("PRAGMA page_count")[0][0]
        for pragmas in (("query_only = 1",), (f"max_page_count = {pages}",), ()):
            with self.subTest(pragmas), patch.object(self, "handler", self.on_file(*pragmas)):
                lock = sqlite3.connect(Path(self.folder, "kit.sqlite"))
                if not pragmas:
                    lock.execute("BEGIN IMMEDIATE")
                self.refuses(self.send("alice", "message", None, to="bob", body="x" * 30_000))
                self.assertEqual([line["body"] for line in self.ask("alice", "history", id="bob")], ["before"])
                lock.close()
        self.assertEqual(len(self.db.rows("SELECT id FROM {p}messages")), 1)
        self.say("alice", "bob", "after")
