"""Clients of XMPP in Django: the page, for whom it is, and what ends chat passwords.

Owns: the settings `XMPP`, `XMPP_GROUPS` and `PAGE`, and the signal of a new password. Must not: repeat what the kit's
own tests hold.
"""

from __future__ import annotations

import base64
import json
import re
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.models import Group
from django.test import override_settings

from nextim_site import Person
from nextim_site.django.conf import database, handler

from .test_django import OWN, Case

PAGE = "/webim/chat_passwords"
PAIR = base64.b64encode(b"forum.example:key").decode()
LAYOUT = {
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "OPTIONS": {
        "loaders": [
            (
                "django.template.loaders.locmem.Loader",
                {"chat.html": "<body>{{ user.username }}: {{ title }}<main>{{ content }}</main></body>"},
            )
        ],
        "context_processors": ["django.contrib.auth.context_processors.auth"],
    },
}


def changed(**changes: Any) -> Any:
    """Other settings."""
    return override_settings(NEXTIM={**settings.NEXTIM, **changes})


class Xmpp(Case):
    def act(self, action: str, user: Any, **fields: object) -> Any:
        sent = json.dumps({"action": action, "user": str(user.pk), **fields})
        headers = {"authorization": f"Basic {PAIR}"}
        return self.client.post("/webim/xmpp", sent, "application/json", headers=headers)

    def post(self, origin: str = OWN, **form: str) -> Any:
        kind = "application/x-www-form-urlencoded"
        return self.client.post(PAGE, urlencode(form), kind, headers={"origin": origin})

    def make(self, user: Any) -> str:
        return handler().chat_passwords.make(Person(str(user.pk), ""), "phone")

    def test_a_member_makes_a_password_and_a_client_logs_in(self) -> None:
        self.client.force_login(self.alice)
        shown = self.post(device="phone").content.decode()
        password = re.findall(r"\b[a-z2-9]{24}\b", shown)[0]
        self.assertIn(f"<code>{self.alice.pk}@login.example</code>", shown)
        self.client.logout()
        answer = self.act("auth", self.alice, password=password)
        self.assertEqual((answer.status_code, answer.json()), (200, {"user": str(self.alice.pk)}))
        online = self.act("online", self.alice)
        self.assertEqual((online.status_code, online.json()["nick"]), (200, "alice"))
        self.client.force_login(self.alice)
        self.assertEqual(self.post(revoke="all").status_code, 303)
        self.assertEqual(self.act("online", self.alice).status_code, 401)
        self.assertEqual(self.post("https://evil", device="x").status_code, 403)

    def test_a_new_password_ends_chat_passwords_and_a_better_hash_does_not(self) -> None:
        password = self.make(self.alice)
        hashers = ["django.contrib.auth.hashers.ScryptPasswordHasher", *settings.PASSWORD_HASHERS]
        with override_settings(PASSWORD_HASHERS=hashers):
            self.assertTrue(self.client.login(username="alice", password="right"))
        self.alice.refresh_from_db()
        self.assertTrue(self.alice.password.startswith("scrypt$"))
        self.assertEqual(self.act("auth", self.alice, password=password).status_code, 200)
        self.alice.set_password("new")
        self.alice.save()
        self.assertEqual(self.act("auth", self.alice, password=password).status_code, 401)
        self.assertEqual(self.act("online", self.alice).status_code, 401)

    def test_a_new_password_of_a_closed_account_ends_chat_passwords_too(self) -> None:
        password = self.make(self.alice)
        self.alice.is_active = False
        self.alice.set_password("new")
        self.alice.save()
        self.alice.is_active = True
        self.alice.save()
        self.assertEqual(self.act("auth", self.alice, password=password).status_code, 401)

    def test_a_call_beyond_the_limit_of_django_is_too_long(self) -> None:
        with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=1_000):
            answer = self.act("online", self.alice, status="x" * 1_000)
        self.assertEqual((answer.status_code, answer.json()["error"]), (413, "too long"))

    def test_an_answer_has_its_length(self) -> None:
        """Prosody 0.12 may take one without for empty. The site of these tests has no middleware that sets it."""
        answer = self.act("auth", self.alice, password=self.make(self.alice))
        self.assertEqual(answer.headers["Content-Length"], str(len(answer.content)))

    def test_closed_and_deleted_accounts_have_no_clients(self) -> None:
        passwords = {user: self.make(user) for user in (self.bob, self.erin)}
        self.bob.is_active = False
        self.bob.save()
        for action in ("auth", "online"):
            self.assertIn(self.act(action, self.bob, password=passwords[self.bob]).status_code, (401, 403))
        self.erin.delete()
        self.assertEqual(len(database().rows("SELECT me FROM {p}chat_passwords")), 1)

    def test_xmpp_may_be_for_some_groups(self) -> None:
        self.client.force_login(self.alice)
        with changed(XMPP_GROUPS=["Crew", "Staff"]):
            self.assertEqual(self.client.get(PAGE).status_code, 403)
            self.assertEqual(self.act("online", self.alice).status_code, 403)
            self.alice.groups.add(Group.objects.create(name="Crew"))
            self.assertEqual(self.client.get(PAGE).status_code, 200)
            self.assertEqual(self.act("online", self.alice).status_code, 200)

    def test_the_menu_leads_to_the_page(self) -> None:
        self.client.force_login(self.alice)

        def menu() -> list[str]:
            kind = "application/x-www-form-urlencoded"
            found = self.client.post("/webim/online", "", kind, headers={"origin": OWN}).json()
            return [entry["url"] for entry in found["menu"]]

        self.assertEqual(menu(), [f"{OWN}{PAGE}"])
        with changed(XMPP_GROUPS=["Crew"]):
            self.assertEqual(menu(), [])

    def test_the_page_has_the_layout_of_the_site(self) -> None:
        self.client.force_login(self.alice)
        self.assertIn(b"<!doctype html>", self.client.get(PAGE).content)
        with changed(PAGE="chat.html"), override_settings(TEMPLATES=[LAYOUT]):
            found = self.client.get(PAGE).content.decode()
        self.assertTrue(found.startswith("<body>alice: Chat passwords<main><p>Chat with a phone"), found)
