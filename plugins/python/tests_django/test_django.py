"""Django's part: the view, the cookie, the tag, the hosts, and what signals pass on.

Owns: each of them, with a message server that records calls. Must not: repeat what the kit's own tests hold.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import Any
from unittest.mock import patch

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import connection
from django.test import TransactionTestCase, override_settings
from django.test.utils import CaptureQueriesContext
from friendship.models import Block, Friend
from friendship.signals import block_created, block_removed

from nextim_site.django.conf import config, database, handler, log_in_url
from nextim_site.django.hosts import keys
from nextim_site.migrate import SCHEMA, TABLES, schema
from tests.world import Server

from .urls import PAGE

OWN = "https://forum.example"


class Case(TransactionTestCase):
    def setUp(self) -> None:
        call_command("migrate", verbosity=0)
        cache.clear()
        for table in TABLES:
            if table != "meta":
                database().run(f"DELETE FROM {{p}}{table}")
        plugin = handler().plugin
        self.im = Server(config(), plugin.host.log)
        patched = patch.object(plugin, "im", self.im)
        patched.start()
        self.addCleanup(patched.stop)
        users: Any = get_user_model()._default_manager
        self.alice, self.bob, self.erin = (
            users.create_user(name, password="right") for name in ("alice", "bob", "erin")
        )
        self.im.calls.clear()


class Views(Case):
    def post(self, endpoint: str, body: str, **headers: str) -> Any:
        return self.client.post(
            f"/webim/{endpoint}",
            body,
            "application/x-www-form-urlencoded",
            headers={"origin": OWN, **headers},
        )

    def test_an_endpoint(self) -> None:
        self.client.force_login(self.alice)
        response = self.post("message", f"to={self.bob.pk}&body=%F0%9F%A6%8A&cid=1")
        self.assertEqual(json.loads(response.content)["status"], "ok")
        self.assertEqual((response["Cache-Control"], response["Content-Type"]), ("no-store", "application/json"))
        self.assertEqual(self.im.last("/messages")["body"], "🦊")
        self.assertEqual(self.post("message", "to=1&body=x", origin="https://evil").status_code, 403)
        self.assertEqual(self.post("nothing", "").status_code, 404)
        self.client.logout()
        self.assertEqual(self.post("message", "to=1&body=x").status_code, 401)

    def test_a_message_reads_the_session_once(self) -> None:
        self.client.force_login(self.alice)
        self.client.get("/")
        with CaptureQueriesContext(connection) as queries:
            self.post("message", f"to={self.bob.pk}&body=x&cid=1")
        asked = [query["sql"] for query in queries if 'FROM "django_session"' in query["sql"]]
        self.assertEqual(len(asked), 1)

    def test_the_cookie_of_an_endpoint_is_mended(self) -> None:
        self.client.force_login(self.alice)
        self.assertEqual(self.post("setting", "data={}").cookies["nextim_user"].value, str(self.alice.pk))

    def test_the_second_look_sees_what_was_stored_meanwhile(self) -> None:
        """Every other view is a transaction here."""
        inside: list[bool] = []
        self.im.before = lambda path: inside.append(connection.in_atomic_block)
        self.client.force_login(self.alice)
        self.assertEqual(self.post("online", "").status_code, 200)
        self.assertEqual(inside, [False])

    def test_the_session_is_read_anew(self) -> None:
        self.client.force_login(self.alice)
        sessions = self.client.session

        def end(path: str) -> None:
            self.im.before = lambda path: None
            sessions.flush()

        self.im.before = end
        self.assertEqual(self.post("online", "").status_code, 401)
        self.assertEqual(self.im.paths(), ["/presences/online", "/presences/offline"])

    def test_who_may_not_log_in_is_nobody(self) -> None:
        self.client.force_login(self.alice)
        get_user_model().objects.filter(pk=self.alice.pk).update(is_active=False)
        self.assertEqual(self.post("online", "").status_code, 401)
        self.assertEqual(handler().plugin.host.people([str(self.alice.pk)], []), [])

    def test_the_session_of_the_chat_ends_with_the_log_in(self) -> None:
        self.client.force_login(self.alice)
        session = self.client.session
        session.set_expiry(600)
        session.save()
        self.post("online", "")
        self.assertEqual(self.im.last("/presences/online")["expires"], "600")


class Pages(Case):
    def test_guests_and_members_get_the_same_bytes(self) -> None:
        guest = self.client.get("/")
        self.assertIn(b'data-user-cookie="nextim_user"', guest.content)
        self.assertNotIn("nextim_user", guest.cookies)
        self.client.force_login(self.alice)
        member = self.client.get("/")
        self.assertEqual(member.content, guest.content)
        self.assertEqual(member.cookies["nextim_user"].value, str(self.alice.pk))
        self.assertEqual(member.cookies["nextim_user"]["samesite"], "Lax")
        self.assertTrue(member.cookies["nextim_user"]["secure"])
        self.assertNotIn("nextim_user", self.client.get("/").cookies)
        self.client.cookies.pop("sessionid")
        self.assertEqual(str(self.client.get("/").cookies["nextim_user"]["max-age"]), "0")

    def test_the_tag_is_there_once(self) -> None:
        self.assertEqual(self.client.get("/tagged/").content.count(b"webim.js"), 1)
        self.assertEqual(self.client.get("/plain/").content, PAGE)
        self.assertIn(b'data-site="/webim"', self.client.get("/").content)

    def test_the_tag_leads_to_the_page_that_logs_in(self) -> None:
        for own, django, expected in (
            ("", "/accounts/login/", ""),
            (None, "/accounts/login/", ""),  # nobody has set it, and there is no such page
            (None, "/plain/", "/plain/?next={page}"),
            ("page-in", "/plain/", "/?next={page}"),
            ("https://id.example/?site=1", "/plain/", "https://id.example/?site=1&next={page}"),
        ):
            setting = {**settings.NEXTIM, **({} if own is None else {"LOGIN_URL": own})}
            with self.subTest(expected), override_settings(NEXTIM=setting, LOGIN_URL=django):
                self.assertEqual(log_in_url(), expected)
        with patch("nextim_site.django.middleware.config", return_value=replace(config(), log_in_url="/a?next={page}")):
            self.assertIn(b' data-login="/a?next={page}" ', self.client.get("/").content)

    def test_a_downloaded_history_has_no_tag(self) -> None:
        self.client.force_login(self.alice)
        found = self.client.get("/webim/download_history", {"id": str(self.bob.pk)})
        self.assertEqual((found.status_code, b"webim.js" in found.content), (200, False))

    def test_a_guest_costs_no_query(self) -> None:
        # The transaction of a request.
        with self.assertNumQueries(2):
            self.client.get("/plain/")


class Hosts(Case):
    def befriend(self, one: Any, other: Any) -> None:
        Friend.objects.create(from_user=one, to_user=other)
        Friend.objects.create(from_user=other, to_user=one)

    def test_friends_rooms_and_blocks(self) -> None:
        self.befriend(self.alice, self.bob)
        group, secret = Group.objects.create(name="Walkers"), Group.objects.create(name="Secret")
        group.user_set.add(self.alice, self.bob)
        secret.user_set.add(self.bob)
        Block.objects.add_block(self.erin, self.alice)
        self.client.force_login(self.alice)
        host, me = handler().plugin.host, handler().plugin.person(str(self.alice.pk))
        assert me is not None
        with self.assertNumQueries(1):
            self.assertEqual([one.id for one in host.contacts(me)], [str(self.bob.pk)])
        with self.assertNumQueries(1):
            self.assertEqual([(room.nick, room.all_count) for room in host.rooms(me)], [("Walkers", 2)])
        self.assertEqual(host.rooms(me, [str(secret.pk), "x"]), [])
        with self.assertNumQueries(1):
            self.assertEqual(host.apart(me), {str(self.erin.pk)})
        self.assertEqual(host.blocked(me), set())
        self.assertTrue(host.block(me, str(self.bob.pk), True))
        self.assertTrue(host.block(me, str(self.bob.pk), True))
        self.assertEqual(host.blocked(me), {str(self.bob.pk)})
        # Of erin's block: for a block in the chat the endpoint makes the call.
        self.assertEqual(self.im.paths().count("/buddies/remove"), 1)
        self.assertTrue(host.block(me, str(self.bob.pk), False))
        self.assertEqual(host.blocked(me), set())

    def test_a_block_of_the_chat_is_one_of_the_site(self) -> None:
        heard: list[tuple[str, dict[str, Any]]] = []

        def hear(what: str, **named: Any) -> None:
            heard.append((what, {key: value for key, value in named.items() if key not in ("signal", "sender")}))

        created, removed = partial(hear, "created"), partial(hear, "removed")
        block_created.connect(created)
        block_removed.connect(removed)
        try:
            host, me = handler().plugin.host, handler().plugin.person(str(self.alice.pk))
            assert me is not None
            self.assertEqual(Block.objects.blocking(self.alice), [])
            for on in (True, True, False, False):
                host.block(me, str(self.bob.pk), on)
                self.assertEqual(Block.objects.blocking(self.alice), [self.bob] if on else [])
        finally:
            block_created.disconnect(created)
            block_removed.disconnect(removed)
        self.assertEqual([what for what, _ in heard], ["created"] * 3 + ["removed"] * 3)
        for named in ({key: value for _, one in heard[at : at + 3] for key, value in one.items()} for at in (0, 3)):
            # Receivers get whole users.
            self.assertEqual([named["blocker"].username, named["blocked"].username], ["alice", "bob"])
            self.assertEqual((named["blocking"].blocker, named["blocking"].blocked), (self.alice, self.bob))

    def test_ids_are_written_in_one_way(self) -> None:
        self.assertEqual(keys([str(self.alice.pk), f"0{self.alice.pk}", "x", "", "9" * 400, "-1"])[:1], [self.alice.pk])
        self.assertEqual(handler().plugin.person(f"0{self.alice.pk}"), None)
        self.assertEqual(handler().plugin.person("9" * 200), None)


class Signals(Case):
    def test_a_log_out_ends_the_pages_of_that_session(self) -> None:
        self.client.force_login(self.alice)
        self.client.post("/webim/online", "", "application/x-www-form-urlencoded", headers={"origin": OWN})
        self.client.logout()
        self.assertEqual(self.im.paths(), ["/presences/online", "/presences/offline"])
        self.assertEqual(list(self.im.last("/presences/offline")), ["ticket"])

    def test_bans_new_passwords_and_deletions(self) -> None:
        self.alice.set_password("new")
        self.alice.save()
        self.bob.is_active = False
        self.bob.save()
        name = str(self.erin.pk)
        self.erin.delete()
        ended = [params for path, params in self.im.calls if path == "/presences/offline"]
        self.assertEqual(ended, [{"name": str(self.alice.pk)}, {"name": str(self.bob.pk)}, {"name": name}])
        self.im.calls.clear()
        self.alice.first_name = "A"
        self.alice.save()
        self.assertEqual(self.im.calls, [])

    def test_friendships_and_blocks(self) -> None:
        Friend.objects.create(from_user=self.alice, to_user=self.bob)
        Friend.objects.create(from_user=self.bob, to_user=self.alice)
        Friend.objects.remove_friend(self.alice, self.bob)
        Block.objects.add_block(self.alice, self.erin)
        self.assertEqual(self.im.paths(), ["/buddies/remove"] * 2)

    def test_groups(self) -> None:
        group = Group.objects.create(name="Walkers")
        group.user_set.add(self.alice)
        self.bob.groups.add(group)
        self.bob.groups.remove(group)
        self.assertEqual(self.im.paths(), ["/room/join", "/room/join", "/room/leave"])
        self.im.online_users = {str(self.alice.pk)}
        group.delete()
        self.assertEqual(self.im.paths()[3:], ["/room/members", "/room/leave"])

    def test_what_is_rolled_back_is_not_passed_on(self) -> None:
        from django.db import transaction

        with self.assertRaises(ZeroDivisionError), transaction.atomic():
            self.alice.is_active = False
            self.alice.save()
            raise ZeroDivisionError
        self.assertEqual(self.im.calls, [])


class Commands(Case):
    def test_the_tables_come_with_a_migration(self) -> None:
        self.assertEqual(schema(database()), SCHEMA)

    def test_wrong_settings_are_found(self) -> None:
        self.assertEqual(run_checks(), [])
        cases: list[tuple[dict[str, Any], str]] = [
            ({"SERVER": ""}, "nextim.E001"),
            ({"DOMAIN": ""}, "nextim.E002"),
            ({"ORIGINS": []}, "nextim.E003"),
            ({"SERVRE": "x"}, "nextim.E004"),
            ({"HOST": "nowhere.Host"}, "nextim.E005"),
            ({"HOST": "builtins.dict"}, "nextim.E005"),
            ({"XMPP_GROUPS": "Crew"}, "nextim.E007"),
        ]
        for changes, expected in cases:
            with self.subTest(changes), override_settings(NEXTIM={**settings.NEXTIM, **changes}):
                self.assertEqual([found.id for found in run_checks()], [expected])
        with override_settings(MIDDLEWARE=[]):
            self.assertEqual([found.id for found in run_checks()], ["nextim.W001"])

    def test_old_messages_are_pruned(self) -> None:
        from io import StringIO

        out = StringIO()
        call_command("nextim_prune", "30", stdout=out)
        self.assertEqual(out.getvalue(), "0 messages removed\n")
