"""Members of a site that is not the community, with clients of XMPP, for a kit behind the real server.

Owns: the tests that each such site has. Must not: know a site, or repeat what is the gateway's and not the site's.
"""

from __future__ import annotations

from collections.abc import Callable

from slixmpp.xmlstream import ET

from .people import Browser, Client, Page, Refused, tag, text
from .world import World

MUC = "http://jabber.org/protocol/muc"


class Members:
    """Alice has a client, and bob a page. Both are members of a group. A test case of a site inherits from this, too."""

    World: type[World]
    Visitor: Callable[[World, str], Browser]
    """A browser in which a member is logged in."""
    own_password: str
    """What members log in to the site with."""
    alice: str
    bob: str
    carol: str
    dave: str
    erin: str
    walkers: str
    """The group."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.world = cls.World()
        cls.addClassCleanup(cls.world.close)

    def visitor(self, user: str) -> Browser:
        """A browser of a member."""
        return self.Visitor(self.world, user)

    async def client(self, user: str) -> Client:
        """A client that is logged in with a new chat password, until the test ends."""
        self.password = self.visitor(user).chat_password()
        client = await Client(self.world, f"{user}@login.example", self.password).log_in()
        self.addAsyncCleanup(self.leave, client)
        return client

    async def leave(self, client: Client) -> None:
        """Logs out, if the client is still there."""
        if not client.ended.is_set():
            await client.leave()

    async def page(self, user: str) -> Page:
        """A page that is online, until the test ends."""
        page = await Page(self.visitor(user)).open()
        self.addAsyncCleanup(page.post, "offline")
        return page

    async def refuse(self, user: str, password: str) -> None:
        """A client with this password is not let in."""
        with self.assertRaisesRegex(Refused, "not-authorized"):
            await Client(self.world, f"{user}@login.example", password).log_in()

    async def test_a_chat_password_opens_a_client_and_nothing_else_does(self) -> None:
        for password in ("wrong", self.own_password):
            await self.refuse(self.alice, password)
        await self.page(self.bob)
        alice = await self.client(self.alice)
        await alice.presence_of(f"{self.bob}@im.example/web")
        bob = alice.client_roster[f"{self.bob}@im.example"]
        self.assertEqual((bob["name"], bob["groups"], bob["subscription"]), ("Bob \"the\" O'Neil", ["friend"], "both"))
        self.assertEqual(alice.client_roster[f"{self.carol}@im.example"]["name"], "Carol")
        await self.refuse(self.bob, self.password)

    async def test_messages_and_typing_go_both_ways(self) -> None:
        page, alice = await self.page(self.bob), await self.client(self.alice)
        await alice.presence_of(f"{self.bob}@im.example/web")
        alice.send_message(f"{self.bob}@im.example", "hello from a phone \" ' \\ % 你好", mtype="chat")
        came = await page.next("messages", lambda packet: packet["body"] == "hello from a phone \" ' \\ % 你好")
        self.assertEqual((came["from"], came["nick"]), (self.alice, "Alice"))
        number = await page.say(self.alice, "hello from a page <&> 😀")
        came = await alice.message("hello from a page <&> 😀")
        self.assertEqual((came.get("from"), came.get("id")), (f"{self.bob}@im.example/web", number))
        await page.post("status", to=self.alice, show="typing")
        await alice.next("composing", lambda xml: any(tag(e) == "composing" for e in xml.iter()))
        message = alice.make_message(f"{self.bob}@im.example", mtype="chat")
        message["chat_state"] = "composing"
        message.send()
        await page.next("statuses", lambda packet: packet["from"] == self.alice and packet["show"] == "typing")
        lines = await page.post("history", id=self.alice, type="unicast")
        self.assertEqual([line["body"][:10] for line in lines], ["hello from", "hello from"], "the site keeps both")

    async def test_what_waited_comes_once_on_either_side(self) -> None:
        page = await self.page(self.bob)
        await page.say(self.carol, "while you were away")
        carol = await self.client(self.carol)
        came = await carol.message("while you were away")
        self.assertTrue(any(tag(e) == "delay" for e in came))
        again = await self.client(self.carol)
        await again.settle()
        again.none(lambda xml: text(xml, "body") == "while you were away")
        # A session outlives its page for some seconds, and dave has had none.
        carol.send_message(f"{self.dave}@im.example", "for a page of later", mtype="chat")
        await carol.settle()
        waited = (await self.page(self.dave)).answer["new_messages"]
        self.assertEqual([line["body"] for line in waited], ["for a page of later"])

    async def test_a_group_is_a_room(self) -> None:
        page, alice = await self.page(self.bob), await self.client(self.alice)
        room = f"{self.walkers}@rooms.im.example"
        items = await alice.plugin["xep_0030"].get_items("rooms.im.example")
        self.assertEqual([(jid, name) for jid, _, name in items["disco_items"]["items"]], [(room, "Walkers")])
        presence = alice.make_presence(pto=f"{room}/Alice")
        ET.SubElement(presence.xml, f"{{{MUC}}}x")
        presence.send()
        await alice.next("subject", lambda xml: xml.get("from") == room and text(xml, "subject") is not None)
        alice.send_message(room, "hello from a room", mtype="groupchat")
        came = await page.next("messages", lambda packet: packet["body"] == "hello from a room")
        self.assertEqual((came["type"], came["to"], came["from"]), ("multicast", self.walkers, self.alice))
        await page.say(self.walkers, "hello to a room", "multicast")
        came = await alice.message("hello to a room")
        self.assertEqual((came.get("type"), came.get("from")), ("groupchat", f"{room}/Bob \"the\" O'Neil"))

    async def test_a_revoked_password_ends_the_client(self) -> None:
        alice = await self.client(self.alice)
        self.visitor(self.alice).revoke(self.password)
        await alice.ended.wait()
        await self.refuse(self.alice, self.password)

    async def test_a_ban_ends_the_client(self) -> None:
        erin = await self.client(self.erin)
        self.world.ban(self.erin)
        await erin.ended.wait()
        await self.refuse(self.erin, self.password)

