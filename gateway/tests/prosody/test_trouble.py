"""What members see when a program ends or hangs, or the site takes their log-in away.

Owns: ending programs. Each test has programs of its own. Must not: measure how long anything takes.
"""

from __future__ import annotations

import signal
import sys
import unittest

from .people import Browser, Client, Page, Refused, text
from .world import World, eventually


CUT_SITE = """
import http.server, sys

class Site(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()

http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Site).serve_forever()
"""


class Cut(World):
    """A site whose answers end after their head."""

    def site_command(self) -> list:
        return [sys.executable, "-c", CUT_SITE, self.ports["site"]]


class Trouble(unittest.IsolatedAsyncioTestCase):
    """Alice has a client, and bob a page."""

    async def asyncSetUp(self) -> None:
        self.world = World()
        self.addCleanup(self.world.close)
        self.password = Browser(self.world, "alice").chat_password()
        self.page = await Page(Browser(self.world, "bob")).open()
        self.alice = await self.log_in()
        await self.alice.presence_of("bob@im.example/web")

    async def log_in(self) -> Client:
        """Another client of alice."""
        client = await Client(self.world, "alice@login.example", self.password).log_in()
        self.addAsyncCleanup(client.leave)
        return client

    async def test_what_is_said_while_the_gateway_is_killed_comes_when_it_is_back(self) -> None:
        self.world.kill("gateway")
        numbers = [await self.page.say("alice", f"meanwhile {number}") for number in range(5)]
        self.world.start("gateway")
        came = [(await self.alice.message(f"meanwhile {number}")).get("id") for number in range(5)]
        self.assertEqual(came, numbers)
        await self.alice.settle()
        self.alice.none(lambda xml: (text(xml, "body") or "").startswith("meanwhile"))

    async def test_what_is_said_while_the_xmpp_server_is_killed_is_not_lost(self) -> None:
        self.world.kill("prosody")
        for number in range(5):
            await self.page.say("alice", f"meanwhile {number}")
        self.world.start("prosody")
        eventually("the gateway is connected", self.world.is_healthy)
        again = await self.log_in()
        for number in range(5):
            await again.message(f"meanwhile {number}")

    async def test_a_gateway_that_ends_logs_nobody_out(self) -> None:
        self.world.kill("gateway", signal.SIGTERM)
        self.world.start("gateway")
        await self.page.say("alice", "still there?")
        await self.alice.message("still there?")
        self.assertFalse([packet for _, packet in self.page.packets if packet.get("type") == "offline"])

    async def test_a_second_gateway_takes_over_when_the_first_is_gone(self) -> None:
        self.world.start("standby")
        self.world.kill("gateway")
        eventually("the other one is connected", lambda: self.world.is_healthy("standby"))
        await self.page.say("alice", "by the other one")
        await self.alice.message("by the other one")

    async def test_a_site_that_hangs_is_an_error_and_messages_go_on_afterwards(self) -> None:
        self.world.pause("site", True)
        self.alice.send_message("bob@im.example", "into the void", mtype="chat")
        await self.alice.error("internal-server-error")
        with self.assertRaisesRegex(Refused, "temporary-auth-failure"):
            await self.log_in()
        self.world.pause("site", False)
        # Meanwhile the session of the former page has expired.
        self.page = await Page(Browser(self.world, "bob")).open()
        self.alice.send_message("bob@im.example", "after it", mtype="chat")
        await self.page.next("messages", lambda packet: packet["body"] == "after it")

    async def test_a_password_that_is_revoked_ends_its_clients(self) -> None:
        Browser(self.world, "alice").post("/chat-passwords/1/revoke")
        await self.alice.ended.wait()
        with self.assertRaisesRegex(Refused, "not-authorized"):
            await self.log_in()

    async def test_a_ban_ends_all_clients(self) -> None:
        Browser(self.world, "admin").post("/admin/ban/alice")
        await self.alice.ended.wait()
        with self.assertRaisesRegex(Refused, "not-authorized"):
            await self.log_in()

    async def test_neither_names_nor_words_are_kept_or_logged(self) -> None:
        self.alice.send_message("bob@im.example", "a secret word", mtype="chat")
        await self.page.next("messages", lambda packet: packet["body"] == "a secret word")
        self.alice.send_message("nobody@im.example", "a secret word", mtype="chat")
        await self.alice.error("item-not-found")
        self.world.kill("gateway", signal.SIGTERM)
        self.world.kill("prosody", signal.SIGTERM)
        kept = [self.world.folder / f"{name}.log" for name in ("gateway", "prosody")]
        kept += [path for path in (self.world.folder / "data").rglob("*") if path.is_file()]
        for path in kept:
            for word in (b"alice", b"bob", b"nobody", b"secret", self.password.encode()):
                self.assertNotIn(word, path.read_bytes(), path)


class CutAnswers(unittest.IsolatedAsyncioTestCase):
    async def test_an_answer_that_was_cut_does_not_make_a_password_wrong(self) -> None:
        world = Cut()
        self.addCleanup(world.close)
        with self.assertRaisesRegex(Refused, "temporary-auth-failure"):
            await Client(world, "alice@login.example", "a right one").log_in()


if __name__ == "__main__":
    unittest.main()
