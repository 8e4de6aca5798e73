"""A WordPress as the site: the plugin and its kit, with MariaDB.

Owns: the site, and what its members do in a browser. Must not: have a test that other sites lack for no reason.

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

from .members import Members
from .people import Browser
from .world import ROOT, SECONDS, World

PROFILE = "/wp-admin/profile.php"
LOGINS = {"2": "alice", "3": "bob", "4": "carol", "5": "dave", "6": "erin"}


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
        self.wp("reset")

    def site_command(self) -> list:
        return [self.folder / "world/serve", self.ports["site"]]

    def wp(self, *words: str) -> None:
        """A command of the tests of the plugin."""
        subprocess.run([self.folder / "world/wp", *words], check=True)

    def ban(self, user: str) -> None:
        """An administrator bans a member."""
        self.wp("ban", user)


class Visitor(Browser):
    """A browser in which a member is logged in."""

    def __init__(self, world: World, user: str) -> None:
        self.world, self.user = world, user
        jar = http.cookiejar.CookieJar()
        form = urllib.parse.urlencode({"log": LOGINS[user], "pwd": WordPressMembers.own_password}).encode()
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

    def revoke(self, password: str) -> None:
        """Presses the button of the device that has this password."""
        page = self.change(nextim_chat_passwords=hashlib.sha256(password.encode()).hexdigest())
        assert "The chat password is revoked." in page, page


class WordPressMembers(Members, unittest.IsolatedAsyncioTestCase):
    World, Visitor = WordPress, Visitor
    own_password = "nextim"
    alice, bob, carol, dave, erin = LOGINS
    walkers = "1"


if __name__ == "__main__":
    unittest.main()
