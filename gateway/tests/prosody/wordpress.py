"""Members of a WordPress with clients of XMPP: the plugin and its kit, with MariaDB.

Owns: the site, and what its members do in a browser. Must not: repeat what is the gateway's and not the site's.

It runs in `plugins/with-database mariadb`: `python -m unittest prosody.wordpress`.
"""

from __future__ import annotations

import hashlib
import http.cookiejar
import os
import re
import subprocess
import unittest
import urllib.parse
import urllib.request

from .people import Browser, Client, Page, Refused, tag, text
from .world import ROOT, SECONDS, World

PROFILE = "/wp-admin/profile.php"
ALICE, BOB, CAROL, DAVE = "2", "3", "4", "5"
LOGINS = {ALICE: "alice", BOB: "bob", CAROL: "carol", DAVE: "dave"}


class WordPress(World):
    """The same programs, with a WordPress as the site."""

    def endpoint(self, name: str) -> str:
        return f"/?nextim={name}"

    def environment(self) -> dict[str, str]:
        return {"DATABASE_SOCKET": os.environ["DATABASE_SOCKET"]}

    def prepare_site(self) -> None:
        message_server = f"http://127.0.0.1:{self.ports['im']}"
        world = {"WORLD_URL": self.site_url, "WORLD_IM": message_server, "WORLD_PUBLIC_URL": message_server}
        more = {"WORLD_DOMAIN": "forum.example", "NEXTIM_APIKEY": "key"}
        make = ROOT / "plugins/wordpress/tests/make"
        subprocess.run([make, self.folder / "world"], env=os.environ | world | more, check=True)
        subprocess.run([self.folder / "world/wp", "reset"], check=True)

    def site_command(self) -> list:
        return [self.folder / "world/serve", self.ports["site"]]


class Visitor(Browser):
    """A browser in which a member is logged in."""

    def __init__(self, world: World, user: str) -> None:
        self.world, self.user = world, user
        jar = http.cookiejar.CookieJar()
        form = urllib.parse.urlencode({"log": LOGINS[user], "pwd": "nextim"}).encode()
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        opener.open(f"{world.site_url}/wp-login.php", form, timeout=SECONDS).close()
        cookie = "; ".join(f"{each.name}={each.value}" for each in jar)
        self.headers = {"Cookie": cookie, "Origin": world.site_url}

    def change(self, **fields: str) -> str:
        """Sends the form of the section for chat passwords."""
        request = urllib.request.Request(self.world.site_url + PROFILE, headers=self.headers)
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            nonce = re.search(r'name="nextim_nonce" value="(\w+)"', answer.read().decode())
        assert nonce
        return self.post(PROFILE, nextim_nonce=nonce[1], **fields)

    def chat_password(self, device: str = "phone") -> str:
        page = self.change(nextim_chat_passwords="make", nextim_device=device)
        found = re.search("<code[^>]*>([a-z2-9]{24})</code>", page)
        assert found, page
        return found[1]


class Members(unittest.IsolatedAsyncioTestCase):
    """Alice has a client, and bob a page."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.world = WordPress()
        cls.addClassCleanup(cls.world.close)

    async def client(self, user: str = ALICE) -> Client:
        """A client that is logged in with a new chat password, until the test ends."""
        self.password = Visitor(self.world, user).chat_password()
        client = await Client(self.world, f"{user}@login.example", self.password).log_in()
        self.addAsyncCleanup(self.leave, client)
        return client

    async def leave(self, client: Client) -> None:
        """Logs out, if the client is still there."""
        if not client.ended.is_set():
            await client.leave()

    async def page(self, user: str = BOB) -> Page:
        """A page that is online, until the test ends."""
        page = await Page(Visitor(self.world, user)).open()
        self.addAsyncCleanup(page.post, "offline")
        return page

    async def test_a_chat_password_opens_a_client_and_nothing_else_does(self) -> None:
        for password in ("wrong", "nextim"):
            with self.assertRaisesRegex(Refused, "not-authorized"):
                await Client(self.world, f"{ALICE}@login.example", password).log_in()
        await self.page()
        alice = await self.client()
        await alice.presence_of(f"{BOB}@im.example/web")
        bob = alice.client_roster[f"{BOB}@im.example"]
        self.assertEqual((bob["name"], bob["groups"], bob["subscription"]), ("Bob \"the\" O'Neil", ["friend"], "both"))
        self.assertEqual(alice.client_roster[f"{CAROL}@im.example"]["name"], "Carol")
        with self.assertRaisesRegex(Refused, "not-authorized"):
            await Client(self.world, f"{BOB}@login.example", self.password).log_in()

    async def test_messages_and_typing_go_both_ways(self) -> None:
        page, alice = await self.page(), await self.client()
        await alice.presence_of(f"{BOB}@im.example/web")
        alice.send_message(f"{BOB}@im.example", "hello from a phone \" ' \\ % 你好", mtype="chat")
        came = await page.next("messages", lambda packet: packet["body"] == "hello from a phone \" ' \\ % 你好")
        self.assertEqual((came["from"], came["nick"]), (ALICE, "Alice"))
        number = await page.say(ALICE, "hello from a page <&> 😀")
        came = await alice.message("hello from a page <&> 😀")
        self.assertEqual((came.get("from"), came.get("id")), (f"{BOB}@im.example/web", number))
        await page.post("status", to=ALICE, show="typing")
        await alice.next("composing", lambda xml: any(tag(e) == "composing" for e in xml.iter()))
        message = alice.make_message(f"{BOB}@im.example", mtype="chat")
        message["chat_state"] = "composing"
        message.send()
        await page.next("statuses", lambda packet: packet["from"] == ALICE and packet["show"] == "typing")
        lines = await page.post("history", id=ALICE, type="unicast")
        self.assertEqual([line["body"][:10] for line in lines], ["hello from", "hello from"], "the site keeps both")

    async def test_what_waited_comes_once_on_either_side(self) -> None:
        page = await self.page()
        await page.say(CAROL, "while you were away")
        carol = await self.client(CAROL)
        came = await carol.message("while you were away")
        self.assertTrue(any(tag(e) == "delay" for e in came))
        again = await self.client(CAROL)
        await again.settle()
        again.none(lambda xml: text(xml, "body") == "while you were away")
        # A session outlives its page for some seconds, and dave has had none.
        carol.send_message(f"{DAVE}@im.example", "for a page of later", mtype="chat")
        await carol.settle()
        waited = (await self.page(DAVE)).answer["new_messages"]
        self.assertEqual([line["body"] for line in waited], ["for a page of later"])

    async def test_the_button_of_the_profile_ends_the_client(self) -> None:
        alice = await self.client()
        name = hashlib.sha256(self.password.encode()).hexdigest()
        page = Visitor(self.world, ALICE).change(nextim_chat_passwords=name)
        self.assertIn("The chat password is revoked.", page)
        await alice.ended.wait()
        with self.assertRaisesRegex(Refused, "not-authorized"):
            await Client(self.world, f"{ALICE}@login.example", self.password).log_in()


if __name__ == "__main__":
    unittest.main()
