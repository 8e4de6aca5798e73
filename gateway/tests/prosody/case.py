"""What the tests of chats share.

Owns: members of its own for each test, their clients and pages. Must not: test anything.
"""

from __future__ import annotations

import unittest

from .people import Browser, Client, Page
from .world import World


class Case(unittest.IsolatedAsyncioTestCase):
    """Each test has members of its own: a session outlives its page for some seconds. The programs are those of a file."""

    number = 0

    @classmethod
    def setUpClass(cls) -> None:
        cls.world = World()
        cls.addClassCleanup(cls.world.close)

    def setUp(self) -> None:
        Case.number += 1
        self.alice, self.bob, self.carol = (f"{name}{self.number}" for name in ("alice", "bob", "carol"))
        self.web = f"{self.bob}@im.example/web"
        for user, nick in ((self.alice, "Alice"), (self.bob, "Bob"), (self.carol, "Carol")):
            self.world.add_user(user, nick)
        self.world.befriend(self.alice, self.bob)
        self.world.befriend(self.alice, self.carol, "Colleagues")
        self.world.befriend(self.bob, self.carol)

    async def client(self, user: str | None = None, local: str | None = None, presence: str | None = "") -> Client:
        """A client that is logged in with a new chat password, until the test ends."""
        user = user or self.alice
        password = Browser(self.world, user).chat_password()
        self.addCleanup(self.world.sql, "DELETE FROM chat_passwords WHERE user = ?", user)
        client = await Client(self.world, f"{local or user}@login.example", password).log_in(presence)
        self.addAsyncCleanup(client.leave)
        return client

    async def page(self, user: str | None = None, **fields: str) -> Page:
        """A page that is online."""
        return await Page(Browser(self.world, user or self.bob)).open(**fields)
