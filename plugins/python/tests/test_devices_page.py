"""The page on which members make chat passwords, in the way a browser calls it.

Owns: what it shows, and whom. Must not: repeat what the tests of chat passwords hold.
"""

from __future__ import annotations

import re
from dataclasses import replace

from nextim_site import Request, Response

from .test_xmpp import XmppCase

TIME = "2023-11-14 22:13 UTC"
PASSWORD = re.compile(r"\b[a-km-np-z2-9]{24}\b")


class Page(XmppCase):
    def get(self, user: str) -> Response:
        return self.send(user, "chat_passwords", {"method": "GET"})

    def post(self, user: str, **form: str) -> Response:
        return self.send(user, "chat_passwords", None, **form)

    def test_a_password_is_shown_once_and_revoked(self) -> None:
        empty = self.get("alice")
        self.assertEqual((empty.status, empty.content_type), (200, "text/html; charset=utf-8"))
        self.assertIn(("X-Frame-Options", "DENY"), empty.all_headers())
        self.assertIn(("Cache-Control", "no-store"), empty.all_headers())
        self.assertIn(b"No device has a chat password yet.", empty.body)
        made = self.post("alice", device=' <i>"My" phone').body.decode()
        password = PASSWORD.findall(made)[0]
        self.assertIn("<code>alice@login.example</code>", made)
        self.act("auth", "alice", password=password)
        page = self.get("alice").body.decode()
        self.assertNotIn(password, page)
        self.assertIn("<b>&lt;i&gt;&quot;My&quot; phone</b>", page)
        self.assertIn(f"Made {TIME}. Last log-in {TIME}.", page)
        self.assertIn("Never used.", self.post("alice", device="desk").body.decode())
        first = self.passwords.of(self.person("alice"))[0].id
        self.assertEqual(self.post("bob", revoke=first).status, 404)
        revoked = self.post("alice", revoke=first)
        self.assertEqual((revoked.status, dict(revoked.headers)["Location"]), (303, "/webim/chat_passwords"))
        self.assertEqual(len(self.passwords.of(self.person("alice"))), 1)
        self.assertEqual(self.post("alice", revoke=first).status, 404)
        self.assertEqual(self.post("alice", revoke="all").status, 303)
        self.assertEqual(self.passwords.of(self.person("alice")), [])

    def test_refusals_stand_on_the_page(self) -> None:
        unfit = self.post("alice", device=" ")
        self.assertEqual(unfit.status, 422)
        self.assertIn(b'<p role="alert">A device has a name of 1 to 40 characters.</p>', unfit.body)
        self.assertIn(b'<input name="device"', unfit.body)
        self.site.forbids["xmpp"] = "<Not for you.>"
        for response in (self.get("alice"), self.post("alice", device="x")):
            self.assertEqual(response.status, 403)
            self.assertIn(b"&lt;Not for you.&gt;", response.body)
            self.assertNotIn(b"<input", response.body)

    def test_only_own_pages_change_something_and_not_too_often(self) -> None:
        origin = {"origin": "https://evil.example"}
        self.assertEqual(self.send("alice", "chat_passwords", origin, device="x").status, 403)
        self.assertEqual(self.send("alice", "chat_passwords", {"method": "PUT"}, device="x").status, 405)
        self.assertEqual(self.passwords.of(self.person("alice")), [])
        for _ in range(30):
            self.post("alice", revoke="all")
        page = self.post("alice", revoke="all")
        self.assertEqual((page.status, page.content_type), (429, "text/html; charset=utf-8"))

    def test_guests_are_led_to_the_log_in(self) -> None:
        guest = self.get("nobody")
        self.assertEqual(guest.status, 401)
        self.assertIn(b"Please log in.", guest.body)
        self.use(replace(self.plugin.config, log_in_url="/in?next={page}", site="/chat?do={endpoint}"))
        headers = dict(self.get("nobody").headers)
        self.assertEqual(headers["Location"], "/in?next=%2Fchat%3Fdo%3Dchat_passwords")

    def test_without_xmpp_there_is_no_page(self) -> None:
        self.use(replace(self.plugin.config, xmpp=""))
        self.assertEqual(self.get("alice").status, 404)

    def test_a_site_has_its_layout_and_its_words(self) -> None:
        def page(request: Request, title: str, content: str) -> str:
            return f"{request.cookies['session']} [{title}] {content}"

        self.site.page = page  # type: ignore[method-assign]
        self.site.words = "*{}".format  # type: ignore[method-assign]
        found = self.post("alice", device="").body.decode()
        self.assertTrue(found.startswith('alice-1 [*Chat passwords] <p role="alert">*A device has a name'), found)
        self.assertIn("<button>*Make a password</button>", found)
