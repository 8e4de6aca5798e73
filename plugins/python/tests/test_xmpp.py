"""`xmpp`: chat passwords, and the actions of the gateway.

Owns: what a client of a member may do, and when it must log in again. Must not: need a gateway.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from nextim_site import Channel, Config, Handler, Person, Refusal, Request, Response, erase, export, own, prune
from nextim_site.limits import CHAT_FAILURES_ADDRESS, CHAT_FAILURES_ALL, CHAT_FAILURES_USER, CHAT_PASSWORDS_MAX
from nextim_site.tickets import hashed

from .world import OWN, Case, Server


def refusal(act: Callable[[], object]) -> int:
    """The status with which it is refused; 200 if it is not."""
    try:
        act()
    except Refusal as refused:
        return refused.status
    return 200


class XmppCase(Case):
    def setUp(self) -> None:
        super().setUp()
        self.use(replace(self.config, xmpp="login.example"))

    def use(self, config: Config) -> None:
        """Other settings."""
        self.im = Server(config, self.site.log)
        self.handler = Handler(self.site, self.db, self.im, config)
        self.plugin, self.passwords = self.handler.plugin, self.handler.chat_passwords

    def as_(self, credentials: str, body: bytes, method: str = "POST") -> Response:
        pair = base64.b64encode(credentials.encode()).decode()
        headers = {"authorization": f"Basic {pair}", "content-type": "application/json"}
        return self.handler.handle(Request(method, "xmpp", headers, b"", body))

    def act(self, action: str, user: str, status: int = 200, /, **fields: object) -> Any:
        """What an action is answered with."""
        sent = json.dumps({"action": action, "user": user, **fields}).encode()
        response = self.as_("forum.example:the key", sent)
        self.assertEqual(response.status, status, (response.body, self.site.lines))
        return json.loads(response.body)

    def person(self, name: str) -> Person:
        return self.site.people([name], [])[0]

    def make(self, user: str, device: str = "phone") -> str:
        return self.passwords.make(self.person(user), device)

    def ended(self) -> list[dict[str, str]]:
        """The sessions that were ended."""
        return [params for path, params in self.im.calls if path == "/presences/offline"]


class LogIn(XmppCase):
    def test_only_the_key_asks_and_only_known_actions_are_served(self) -> None:
        for credentials in ("forum.example:wrong", "other:the key", ":", ""):
            self.assertEqual(self.as_(credentials, b"{}").status, 401)
        for body in (b"", b"[]", b"{}", b'{"user":"alice"}', b'{"action":"online"}', b'{"action":[],"user":"alice"}'):
            self.assertEqual(self.as_("forum.example:the key", body).status, 400, body)
        self.assertEqual(self.as_("forum.example:the key", b"", "GET").status, 405)
        self.assertEqual(self.as_("forum.example:the key", b" " * 1_048_577).status, 413)
        self.act("subscribe", "alice", 501, to="dave")
        self.act("online", "nobody", 403)
        self.act("online", "1", 403)
        self.act("message", "alice", 400, to="bob", body="half \ud83d", cid="c")

    def test_a_client_logs_in_by_a_chat_password_of_its_user_and_nothing_else(self) -> None:
        password = self.make("alice", " My phone ")
        self.assertRegex(password, "^[a-km-np-z2-9]{24}$")
        self.assertEqual(self.passwords.of(self.person("alice"))[0].used, 0)
        self.clock.now += 5
        self.assertEqual(self.act("auth", "alice", password=password), {"user": "alice"})
        [kept] = self.passwords.of(self.person("alice"))
        self.assertEqual((kept.device, kept.created, kept.used), ("My phone", self.clock.now - 5, self.clock.now))
        for user, wrong in (("bob", password), ("alice", "right"), ("alice", ""), ("nobody", password)):
            self.act("auth", user, 401, password=wrong)
        self.site.forbids["chat"] = "You are banned."
        self.act("auth", "alice", 401, password=password)
        rows = self.db.rows("SELECT * FROM {p}chat_passwords")
        self.assertNotIn(password, str([[str(value) for value in row] for row in rows]))

    def test_failures_are_limited_and_stop_no_right_password(self) -> None:
        password = self.make("alice")

        def fail(user: str, address: str, status: int = 401) -> None:
            self.act("auth", user, status, password="wrong", address=address)

        for number in range(CHAT_FAILURES_USER):
            fail("alice", f"192.0.2.{number}")
        fail("alice", "192.0.2.99", 429)
        self.act("auth", "alice", password=password, address="192.0.2.99")
        for number in range(CHAT_FAILURES_ADDRESS):
            fail(f"u{number}", "192.0.2.200")
        fail("bob", "192.0.2.200", 429)
        fail("bob", "192.0.2.201")
        for number in range(CHAT_FAILURES_ALL - CHAT_FAILURES_USER - CHAT_FAILURES_ADDRESS - 2):
            fail(f"v{number}", f"198.51.100.{number}")
        fail("carol", "192.0.2.202", 429)
        self.act("auth", "alice", password=password, address="192.0.2.202")
        names = [str(row[0]) for row in self.db.rows("SELECT name FROM {p}rates")]
        self.assertFalse([name for name in names if "carol" in name], "what is refused leaves no row by its name")
        self.clock.now += 300_000
        fail("carol", "192.0.2.202")
        self.clock.now += 300_001
        prune(self.plugin, 1)
        self.assertEqual(self.db.rows("SELECT name FROM {p}rates"), [])

    def test_clients_are_off_or_for_some_users_only(self) -> None:
        password = self.make("alice")
        self.site.forbids["xmpp"] = "Not for you."
        self.act("auth", "alice", 401, password=password)
        self.assertEqual(self.act("online", "alice", 403)["error"], "Not for you.")
        self.assertEqual(refusal(lambda: self.make("alice")), 403)
        self.site.forbids.clear()
        self.act("auth", "alice", password=password)
        self.use(self.config)
        self.act("auth", "alice", 401, password=password)
        self.act("online", "alice", 403)
        self.assertEqual(refusal(lambda: self.make("alice")), 403)

    def test_devices_have_names_and_a_user_has_some_passwords(self) -> None:
        for device in ("", " ", "a\nb", "x" * 41, "half \ud83d"):
            self.assertEqual(refusal(lambda device=device: self.make("bob", device)), 422)  # type: ignore[misc]
        for number in range(CHAT_PASSWORDS_MAX):
            self.make("bob", f"电话 👩‍👧 {number}")
        self.assertEqual(refusal(lambda: self.make("bob")), 422)
        self.make("alice")

    def test_addresses_are_escaped(self) -> None:
        for name, local in (
            *(("alice", "alice"), ("o'hara", r"o\27hara"), ("a b", r"a\20b"), ("你好", "你好")),
            *(("a@b/c:d", r"a\40b\2fc\3ad"), ('"&<>', r"\22\26\3c\3e"), (r"c:\net", r"c\3a\net")),
            *((r"a\27", r"a\5c27"), (r"a\5c", r"a\5c5c")),
        ):
            self.assertEqual(self.passwords.address(Person(name, name)), f"{local}@login.example")


class Ends(XmppCase):
    def test_a_revoked_password_logs_all_clients_out_until_one_logs_in_again(self) -> None:
        stolen, kept = self.make("alice"), self.make("alice", "desk")
        ticket = self.act("online", "alice")["ticket"]
        page = self.ask("alice", "online")["connection"]["ticket"]
        self.assertEqual(refusal(lambda: self.passwords.revoke(self.person("bob"), hashed(stolen))), 404)
        self.passwords.revoke(self.person("alice"), hashed(stolen))
        self.assertEqual(self.ended(), [{"ticket": ticket}], "pages stay")
        self.act("online", "alice", 401)
        self.act("auth", "alice", 401, password=stolen)
        self.act("online", "alice", 401)
        self.act("auth", "alice", password=kept)
        self.act("online", "alice")
        self.ask("alice", "presence", ticket=page, show="away")
        self.passwords.revoke_all(self.person("alice"))
        self.act("auth", "alice", 401, password=kept)
        self.act("online", "alice", 401)

    def test_a_new_password_of_the_account_revokes_all(self) -> None:
        password, others = self.make("alice"), self.make("bob")
        self.handler.tell.logged_out_everywhere("alice")
        self.act("online", "alice")
        self.act("auth", "alice", password=password)
        self.im.calls.clear()
        self.handler.tell.new_password("alice")
        self.assertEqual(self.ended(), [{"name": "alice"}])
        self.assertEqual(self.passwords.of(self.person("alice")), [])
        self.act("auth", "alice", 401, password=password)
        self.act("online", "alice", 401)
        self.act("auth", "bob", password=others)
        self.handler.tell.new_password("erin")
        self.act("online", "erin", 200)

    def test_a_password_that_is_revoked_meanwhile_opens_no_session(self) -> None:
        self.make("alice")

        def revoke(path: str) -> None:
            self.im.before = lambda path: None
            self.passwords.revoke_all(self.person("alice"))

        self.im.before = revoke
        self.act("online", "alice", 401)
        self.assertEqual(len(self.ended()), 1)
        self.assertEqual(self.db.rows("SELECT me FROM {p}tickets"), [], "the ticket of no session is kept")

    def test_a_session_that_is_beginning_ends_with_its_password(self) -> None:
        """Also after the last look whether it may go on, of which the rooms are a part."""
        self.make("alice")
        rooms, looks = self.site.rooms, iter((False, True))

        def revoke(*asked: Any) -> Any:
            if next(looks):
                self.passwords.revoke_all(self.person("alice"))
            return rooms(*asked)

        with patch.object(self.site, "rooms", revoke):
            ticket = self.act("online", "alice")["ticket"]
        self.assertEqual(self.ended(), [{"ticket": ticket}])

    def test_a_log_in_beside_a_revocation_does_not_undo_it(self) -> None:
        for _ in range(10):
            password = self.make("alice")

            def one(number: int, password: str = password) -> None:
                try:
                    if number:
                        self.as_auth(password)
                    else:
                        self.passwords.revoke_all(self.person("alice"))
                finally:
                    self.db.close()

            with ThreadPoolExecutor(2) as pool:
                list(pool.map(one, range(2)))
            self.act("online", "alice", 401)

    def as_auth(self, password: str) -> Response:
        sent = json.dumps({"action": "auth", "user": "alice", "password": password}).encode()
        return self.as_("forum.example:the key", sent)

    def test_what_is_kept_is_exported_and_erased(self) -> None:
        self.make("alice", "desk")
        now = self.clock.now
        self.assertEqual(export(self.plugin, "alice")["devices"], [{"device": "desk", "created": now, "used": 0}])
        self.passwords.revoke_all(self.person("alice"))
        self.make("alice")
        self.assertTrue(erase(self.plugin, "alice"))
        self.assertEqual(self.passwords.of(self.person("alice")), [])
        self.assertEqual(self.db.rows("SELECT name FROM {p}meta WHERE name <> 'schema'"), [])

    def test_tables_of_the_step_before_get_the_new_one(self) -> None:
        self.db.run("DROP TABLE {p}chat_passwords")
        own.set_meta(self.db, "schema", "1")
        self.use(replace(self.config, xmpp="login.example"))
        self.make("alice")


class Sessions(XmppCase):
    def test_online_says_what_a_client_needs_and_hands_over_what_waited_once(self) -> None:
        self.site.channels = (Channel("channel:news", "News", "/news"),)
        for one in ("bob", "dave"):
            self.say(one, "alice", f"from {one}")
        self.im.online_users = {"bob"}
        found = self.act("online", "alice")
        opened = self.im.last("/presences/online")
        self.assertEqual((found["user"], found["nick"]), ("alice", "Alice"))
        self.assertEqual(found["server"], "http://im/packets")
        bob = {"name": "bob", "nick": "Bob", "group": "friend", "pic": "", "show": "away", "status": "lunch"}
        self.assertEqual(found["buddies"][0], bob)
        self.assertEqual([buddy["name"] for buddy in found["buddies"]], ["bob", "carol"], "who wrote is no contact")
        self.assertEqual(found["buddies"][1]["show"], "unavailable")
        self.assertEqual(found["rooms"], [{"name": "walkers", "nick": "Walkers"}])
        self.assertEqual(found["channels"], [{"name": "channel:news", "nick": "News", "url": f"{OWN}/news"}])
        self.assertEqual([line["body"] for line in found["messages"]], ["from bob", "from dave"])
        self.assertNotIn("show", opened, "a client that comes back uncovers nobody")
        self.assertEqual((opened["version"], opened["expires"]), ("6", "3600"))
        self.ask("alice", "leave", id="walkers")
        again = self.act("online", "alice", show="dnd")
        self.assertEqual((again["messages"], again["rooms"]), ([], []))
        self.assertEqual(self.im.last("/presences/online")["show"], "dnd")

    def test_without_the_message_server_nobody_goes_online(self) -> None:
        self.say("bob", "alice", "it waits")
        for down in ("unreachable", "key", "503"):
            self.im.down = down
            self.act("online", "alice", 503)
        self.im.down = ""
        self.assertEqual([line["body"] for line in self.act("online", "alice")["messages"]], ["it waits"])

    def test_messages_and_presence_go_the_way_of_pages(self) -> None:
        ticket = self.act("online", "alice")["ticket"]
        sent = {"ticket": ticket, "to": "bob", "type": "unicast", "body": "from a phone", "cid": "c1"}
        self.im.online_users = {"bob"}
        number = self.act("message", "alice", **sent, meta={"k": [1]})["id"]
        self.assertEqual(self.act("message", "alice", **sent)["id"], number, "one cid is one message")
        pushed = [params for path, params in self.im.calls if path == "/messages"]
        self.assertEqual([(one["ticket"], one["to"], one["body"]) for one in pushed], [(ticket, "bob", "from a phone")])
        self.assertEqual(json.loads(pushed[0]["meta"]), {"k": [1]})
        for status, other in (
            *((404, {"to": "nobody"}), (403, {"to": "alice"}), (404, {"type": "multicast"})),
            *((400, {"body": "x" * 32_769}), (400, {"body": True}), (400, {"body": {"k": 1}}), (400, {"to": ["bob"]})),
        ):
            self.act("message", "alice", status, **{**sent, "cid": f"o{status}", **other})
        self.act("message", "carol", 403, **sent)
        self.act("presence", "alice", ticket=ticket, show="dnd", status="busy")
        self.act("status", "alice", ticket=ticket, to="bob", show="typing")
        self.assertEqual(self.im.last("/presences/show")["show"], "dnd")
        self.assertEqual(self.im.last("/statuses")["show"], "typing")
        self.act("offline", "alice", ticket=ticket)
        self.assertEqual(self.ended(), [{"ticket": ticket}])

    def test_rooms_the_past_and_cards(self) -> None:
        ticket = self.act("online", "alice")["ticket"]
        self.im.online_users = {"bob"}
        self.assertEqual(self.act("join", "alice", ticket=ticket, id="walkers")["id"], "walkers")
        self.act("join", "alice", 404, ticket=ticket, id="secret")
        members = self.act("members", "alice", ticket=ticket, id="walkers")
        self.assertEqual([member["id"] for member in members], ["bob"])
        self.act("leave", "alice", ticket=ticket, id="walkers")
        for body in ("one", "two"):
            self.say("bob", "walkers", body, type="multicast")
        for asked, expected in ((1, ["two"]), (0, ["two"]), (99, ["one", "two"]), ("x", ["one", "two"])):
            lines = self.act("history", "alice", to="walkers", type="multicast", max=asked)
            self.assertEqual([line["body"] for line in lines], expected)
        self.act("history", "alice", 404, to="secret", type="multicast")
        self.assertEqual(self.act("vcard", "alice", to="dave")["nick"], "Dave")
        self.act("vcard", "alice", 404, to="nobody")
        self.act("vcard", "alice", 400)

    def test_a_rate_is_that_of_the_endpoint(self) -> None:
        ticket = self.act("online", "alice")["ticket"]
        for _ in range(30):
            self.act("presence", "alice", ticket=ticket, show="away")
        self.act("presence", "alice", 429, ticket=ticket, show="away")
        self.refuse(429, "alice", "presence", ticket=ticket, show="away")
        for _ in range(29):
            self.act("online", "alice")
        self.act("online", "alice", 429)

    def test_missed_messages_wait_again(self) -> None:
        self.act("online", "alice")
        self.im.online_users = {"alice"}
        number = self.say("bob", "alice", "lost on the way")["id"]
        self.act("missed", "alice", 400, messages="7")
        self.act("missed", "alice", messages=[{"id": number}, {"id": "999"}, {"id": "x"}, {}])
        self.assertEqual([line["body"] for line in self.act("online", "alice")["messages"]], ["lost on the way"])
