"""The blueprint, in the way a browser calls it."""

from __future__ import annotations

import re
from dataclasses import replace

from flask import Flask, render_template_string

from nextim_site import Handler
from nextim_site.flask import nextim
from tests.world import OWN, Case


class Blueprint(Case):
    def setUp(self) -> None:
        super().setUp()
        app = Flask(__name__)
        app.register_blueprint(nextim(self.handler, lambda: "zh-CN"), url_prefix="/webim")
        app.add_url_rule("/", "front", lambda: render_template_string("{{ nextim_bar() }}"), methods=["GET", "POST"])
        self.client = app.test_client()

    def test_an_endpoint(self) -> None:
        self.client.set_cookie("session", "alice-1")
        form = {"to": "bob", "body": "🦊 hi"}
        response = self.client.post("/webim/message", data=form, headers={"Origin": OWN})
        self.assertEqual((response.status_code, response.data), (200, b'"ok"'))
        self.assertEqual(self.im.last("/messages")["body"], "🦊 hi")
        self.assertEqual(response.headers["Content-Type"], "application/json")
        self.assertEqual(response.headers["Cache-Control"], "no-store")
        self.assertEqual(self.client.post("/webim/message", data=form).status_code, 403)
        self.assertEqual(self.client.get("/webim/nothing").status_code, 404)

    def test_a_page_has_the_tag_and_mends_the_cookie(self) -> None:
        guest = self.client.get("/")
        self.assertIn('data-lang="zh-CN" defer></script>', guest.text)
        self.assertNotIn("Set-Cookie", guest.headers)
        self.client.set_cookie("session", "alice-1")
        member = self.client.post("/", data={"a": "b"})
        self.assertEqual(member.text, guest.text, "the page is the same for everybody")
        self.assertIn("nextim_user=alice;", member.headers["Set-Cookie"])
        self.assertNotIn("Set-Cookie", self.client.get("/").headers)
        self.site.sessions.clear()
        self.assertIn("Max-Age=0", self.client.get("/").headers["Set-Cookie"])

    def test_a_member_makes_a_chat_password(self) -> None:
        handler = Handler(self.site, self.db, self.im, replace(self.config, xmpp="login.example"))
        app = Flask(__name__)
        app.register_blueprint(nextim(handler), url_prefix="/webim")
        client = app.test_client()
        client.set_cookie("session", "alice-1")
        made = client.post("/webim/chat_passwords", data={"device": "phone"}, headers={"Origin": OWN})
        self.assertEqual((made.status_code, made.headers["Content-Type"]), (200, "text/html; charset=utf-8"))
        password = re.findall(r"\b[a-z2-9]{24}\b", made.text)[0]
        sent = {"action": "auth", "user": "alice", "password": password}
        gateway = app.test_client().post("/webim/xmpp", json=sent, auth=("forum.example", "the key"))
        self.assertEqual(gateway.json, {"user": "alice"})
        self.assertNotIn(password, client.get("/webim/chat_passwords").text)
