"""The example of the Python kit as the site.

Owns: the site, and what its members do in a browser. Must not: have a test that other sites lack for no reason.
"""

from __future__ import annotations

import hashlib
import http.cookiejar
import re
import sys
import unittest
import urllib.parse
import urllib.request

from .members import Members
from .people import Browser
from .world import ROOT, SECONDS, World

PAGE = "/webim/chat_passwords"


class Harbour(World):
    """The same programs, with the example as the site."""

    def site_command(self) -> list:
        message_server = f"http://127.0.0.1:{self.ports['im']}"
        return (
            [sys.executable, ROOT / "plugins/python/examples/wsgi/app.py", "--port", self.ports["site"], "--desk"]
            + ["--db", self.folder / "harbour.sqlite", "--im", message_server, "--domain", "forum.example"]
            + ["--apikey", "key", "--xmpp", "login.example"]
        )

    def ban(self, user: str) -> None:
        """An administrator bans a member."""
        form = urllib.parse.urlencode({"one": user}).encode()
        urllib.request.urlopen(f"{self.site_url}/ban", form, timeout=SECONDS).close()


class Visitor(Browser):
    """A browser in which a member is logged in."""

    def __init__(self, world: World, user: str) -> None:
        self.world, self.user = world, user
        jar = http.cookiejar.CookieJar()
        form = urllib.parse.urlencode({"username": user, "password": HarbourMembers.own_password}).encode()
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        opener.open(f"{world.site_url}/log_in", form, timeout=SECONDS).close()
        cookie = "; ".join(f"{each.name}={each.value}" for each in jar)
        self.headers = {"Cookie": cookie, "Origin": world.site_url}

    def chat_password(self, device: str = "phone") -> str:
        page = self.post(PAGE, device=device)
        found = re.search("<code>([a-z2-9]{24})</code>", page)
        assert found, page
        return found[1]

    def revoke(self, password: str) -> None:
        """Presses the button of the device that has this password."""
        self.post(PAGE, revoke=hashlib.sha256(password.encode()).hexdigest())


class HarbourMembers(Members, unittest.IsolatedAsyncioTestCase):
    World, Visitor = Harbour, Visitor
    own_password = "demo1234"
    alice, bob, carol, dave, erin = ("alice", "bob", "carol", "dave", "erin")
    walkers = "walkers"


if __name__ == "__main__":
    unittest.main()
