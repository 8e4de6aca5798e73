"""Groups of the site as rooms.

Owns: what members of a group see in clients of XMPP. Must not: end a program.
"""

from __future__ import annotations

import unittest

from slixmpp.exceptions import IqError
from slixmpp.xmlstream import ET

from .case import Case
from .people import Client, tag, text

MUC = "http://jabber.org/protocol/muc"
ROOMS_MAX = 10
"""Rooms that a member may be in at once."""


class Rooms(Case):
    """Alice has a client, bob a page, and both are members of a group, which carol is not."""

    def setUp(self) -> None:
        super().setUp()
        self.name = f"Walkers {self.number}"
        self.group = self.add_group(self.name, self.alice, self.bob)
        self.room = f"{self.group}@rooms.im.example"

    def add_group(self, name: str, *members: str) -> str:
        """A group of the site. Returns its number."""
        self.world.sql("INSERT INTO groups (name, created) VALUES (?, 1)", name)
        for member in members:
            self.world.sql(
                "INSERT INTO group_members (group_id, user, joined) SELECT id, ?, 1 FROM groups WHERE name = ?", member, name
            )
        return str(self.world.ask("SELECT id FROM groups WHERE name = ?", name))

    @staticmethod
    def join(client: Client, room: str, nick: str = "Alice", history: int | None = None) -> None:
        """Asks to come in."""
        presence = client.make_presence(pto=f"{room}/{nick}")
        x = ET.SubElement(presence.xml, f"{{{MUC}}}x")
        if history is not None:
            ET.SubElement(x, f"{{{MUC}}}history", maxstanzas=str(history))
        presence.send()

    async def joined(self, client: Client, history: int | None = None) -> Client:
        """Comes in, up to the subject of the room."""
        self.join(client, self.room, history=history)
        await client.next("subject", lambda xml: xml.get("from") == self.room and text(xml, "subject") is not None)
        return client

    async def codes(self, client: Client, nick: str) -> set[str]:
        """The codes of the presence of a member of the room."""
        seen = await client.presence_of(f"{self.room}/{nick}")
        return {e.get("code") for e in seen.iter() if tag(e) == "status" and e.get("code")}

    async def test_a_members_groups_are_listed_and_those_of_others_do_not_exist(self) -> None:
        hidden = self.add_group(f"Hidden {self.number}", self.bob)
        alice = await self.client()
        await alice.presence_of(self.web, "unavailable")
        disco = alice.plugin["xep_0030"]
        items = await disco.get_items("rooms.im.example")
        self.assertEqual({(jid, name) for jid, _, name in items["disco_items"]["items"]}, {(self.room, self.name)})
        info = await disco.get_info(self.room)
        self.assertIn(MUC, info["disco_info"]["features"])
        with self.assertRaises(IqError) as raised:
            await disco.get_info(f"{hidden}@rooms.im.example")
        self.assertEqual(raised.exception.condition, "item-not-found")
        self.join(alice, f"{hidden}@rooms.im.example")
        await alice.error("item-not-found", "presence")

    async def test_who_comes_in_sees_the_others_and_itself_last(self) -> None:
        await self.page()
        alice = await self.client()
        self.join(alice, self.room)
        self.assertEqual(await self.codes(alice, "Bob"), set())
        self.assertEqual(await self.codes(alice, "Alice"), {"100", "110"})
        desk = await self.client()
        self.join(desk, self.room, "Somebody")
        self.assertEqual(await self.codes(desk, "Alice"), {"100", "110", "210"}, "the nick is the site's")

    async def test_messages_go_both_ways_and_are_shown_to_each_client_in_the_room(self) -> None:
        page = await self.page()
        phone, desk = await self.joined(await self.client()), await self.joined(await self.client())
        sent = phone.make_message(self.room, "from a phone", mtype="groupchat")
        sent["id"] = "an-id-of-the-phone-that-is-long"
        ET.SubElement(sent.xml, "{urn:xmpp:sid:0}origin-id", id="another-id")
        sent.send()
        came = await page.next("messages", lambda packet: packet["body"] == "from a phone")
        self.assertEqual((came["to"], came["type"], came["from"]), (self.group, "multicast", self.alice))
        for client in (phone, desk):
            shown = await client.message("from a phone")
            self.assertEqual((shown.get("from"), shown.get("type")), (f"{self.room}/Alice", "groupchat"))
            origin = next(e.get("id") for e in shown.iter() if tag(e) == "origin-id")
            self.assertEqual((shown.get("id"), origin), (sent["id"], "another-id"), "so a client knows its own message")
        number = await page.say(self.group, "from a page", "multicast")
        for client in (phone, desk):
            shown = await client.message("from a page")
            self.assertEqual((shown.get("from"), shown.get("id")), (f"{self.room}/Bob", number))
            await client.settle()
            client.none(lambda xml: text(xml, "body") in ("from a phone", "from a page"))

    async def test_a_private_word_in_a_room_is_a_message_to_the_user(self) -> None:
        page = await self.page()
        alice = await self.joined(await self.client())
        alice.send_message(f"{self.room}/Bob", "between us", mtype="chat")
        came = await page.next("messages", lambda packet: packet["body"] == "between us")
        self.assertEqual((came["type"], came["to"]), ("unicast", self.bob))
        alice.send_message(f"{self.room}/Nobody", "x", mtype="chat")
        await alice.error("item-not-found")

    async def test_the_past_comes_only_to_a_client_that_asks_for_it(self) -> None:
        page = await self.page()
        for body in ("one", "two", "three"):
            await page.say(self.group, body, "multicast")
        phone = await self.joined(await self.client())
        phone.none(lambda xml: xml.get("type") == "groupchat" and text(xml, "body") is not None)
        self.join(phone, self.room, history=2)
        for body in ("two", "three"):
            came = await phone.message(body)
            self.assertTrue(any(tag(e) == "delay" and e.get("stamp", "").endswith("Z") for e in came))
        phone.none(lambda xml: text(xml, "body") == "one")

    async def test_a_message_in_a_room_that_no_client_is_in_brings_one_invitation(self) -> None:
        page, alice = await self.page(), await self.client()
        await alice.presence_of(self.web)
        for body in ("one", "two"):
            await page.say(self.group, body, "multicast")

        def invites(xml) -> bool:
            return any(e.get("jid") == self.room for e in xml.iter())

        await alice.next("invitation", lambda xml: tag(xml) == "message" and invites(xml))
        await page.say(self.alice, "after them")
        await alice.message("after them")
        alice.none(lambda xml: tag(xml) == "message" and invites(xml))

    async def test_a_client_that_leaves_stays_a_member_and_is_told_that_it_is_out(self) -> None:
        alice = await self.joined(await self.client())
        ping = alice.plugin["xep_0199"].send_ping
        await ping(f"{self.room}/Alice", timeout=20)
        alice.send_presence(pto=f"{self.room}/Alice", ptype="unavailable")
        await alice.presence_of(f"{self.room}/Alice", "unavailable")
        with self.assertRaises(IqError) as raised:
            await ping(f"{self.room}/Alice", timeout=20)
        self.assertEqual(raised.exception.condition, "not-acceptable")
        alice.send_message(self.room, "from outside", mtype="groupchat")
        await alice.error("not-acceptable")
        await self.joined(alice)

    async def test_rooms_are_the_sites_and_no_client_changes_them(self) -> None:
        alice = await self.joined(await self.client())
        alice.send_presence(pto=f"{self.room}/Queen")
        await alice.error("not-allowed", "presence")
        for namespace in ("owner", "admin"):
            iq = alice.make_iq_set(ET.Element(f"{{{MUC}#{namespace}}}query"), ito=self.room)
            with self.assertRaises(IqError) as raised:
                await iq.send(timeout=20)
            self.assertEqual(raised.exception.condition, "not-allowed")

    async def test_a_client_is_in_ten_rooms_and_no_flood_of_others_stops_its_messages(self) -> None:
        for number in range(ROOMS_MAX):
            group = self.add_group(f"Room {self.number}.{number}", self.alice)
        page = await self.page()
        alice = await self.joined(await self.client())
        for number in range(2_000):
            self.join(alice, f"{int(group) - number % (2 * ROOMS_MAX)}@rooms.im.example")
        await alice.error("policy-violation", "presence")
        carol = await self.client(self.carol)
        carol.send_message(f"{self.bob}@im.example", "no flood of mine", mtype="chat")
        await page.next("messages", lambda packet: packet["body"] == "no flood of mine")
        for number in range(1_000):
            message = alice.make_message(f"{self.bob}@im.example", "after them", mtype="chat")
            message["id"] = f"after-them-{number}"
            message.send()
            await alice.settle()
            if not any(xml.get("id") == message["id"] and xml.get("type") == "error" for xml in alice.came):
                break
        await page.next("messages", lambda packet: packet["body"] == "after them")


if __name__ == "__main__":
    unittest.main()
