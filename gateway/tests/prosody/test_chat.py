"""Log-in, contacts, presence and messages both ways.

Owns: what members with one client and one page see. Must not: end a program; test_trouble does.
"""

from __future__ import annotations

import unittest

from .case import Case
from .people import Browser, Client, Refused, tag, text


class Chat(Case):
    """Alice has clients, and all have pages."""

    async def test_a_wrong_password_and_the_sites_own_are_refused(self) -> None:
        for password in ("wrong", "nextim"):
            with self.assertRaisesRegex(Refused, "not-authorized"):
                await Client(self.world, f"{self.alice}@login.example", password).log_in()

    async def test_the_sites_contacts_come_with_groups_and_nicks_and_who_is_there(self) -> None:
        dave = f"dave{self.number}"
        self.world.add_user(dave, "小明", friend_of=self.alice)
        page = await self.page(show="away", status="lunch")
        alice = await self.client()
        seen = await alice.presence_of(self.web, show="away")
        self.assertEqual(text(seen, "status"), "lunch")
        await alice.presence_of(f"{self.carol}@im.example/web", "unavailable")

        def contact(user: str) -> tuple:
            item = alice.client_roster[f"{user}@im.example"]
            return item["name"], item["groups"], item["subscription"]

        self.assertEqual(contact(self.bob), ("Bob", ["friend"], "both"))
        self.assertEqual(contact(self.carol), ("Carol", ["Colleagues"], "both"))
        self.assertEqual(contact(dave)[0], "小明")
        await page.next("presences", lambda packet: packet["from"] == self.alice and packet["type"] == "online")
        await page.post("presence", show="dnd", status="")
        await alice.presence_of(self.web, show="dnd")
        await page.post("presence", show="invisible", status="")
        await alice.presence_of(self.web, "unavailable")

    async def test_messages_go_both_ways(self) -> None:
        page, alice = await self.page(), await self.client()
        await alice.presence_of(self.web)
        alice.send_message(f"{self.bob}@im.example", "hello from a phone", mtype="chat")
        came = await page.next("messages", lambda packet: packet["body"] == "hello from a phone")
        self.assertEqual((came["from"], came["nick"], came["to"]), (self.alice, "Alice", self.bob))
        number = await page.say(self.alice, "hello from a page <&> 😀 你好")
        came = await alice.message("hello from a page <&> 😀 你好")
        self.assertEqual((came.get("from"), came.get("to"), came.get("type")), (self.web, f"{self.alice}@login.example", "chat"))
        self.assertEqual(came.get("id"), number)

    async def test_what_is_said_on_a_page_is_shown_by_each_client_once(self) -> None:
        phone, desk = await self.client(), await self.client()
        page = await self.page(self.alice)
        await self.page(self.bob)
        await page.say(self.bob, "said on a page")
        for client in (phone, desk):
            copy = await client.next("carbon", lambda xml: any(e.text == "said on a page" for e in xml.iter()))
            self.assertEqual((copy.get("from"), copy.get("to")), (f"{self.alice}@login.example", client.boundjid.full))
            inner = next(e for e in copy.iter() if tag(e) == "message" and e.get("to") == f"{self.bob}@im.example")
            self.assertEqual(text(inner, "body"), "said on a page")
            await client.settle()
            client.none(lambda xml: any(e.text == "said on a page" for e in xml.iter()))

    async def test_what_is_said_on_a_client_is_shown_by_the_others_and_the_pages(self) -> None:
        phone, desk = await self.client(), await self.client()
        page = await self.page(self.alice)
        phone.send_message(f"{self.bob}@im.example", "said on a phone", mtype="chat")
        await desk.next("carbon", lambda xml: any(e.text == "said on a phone" for e in xml.iter()))
        await page.next("messages", lambda packet: packet["body"] == "said on a phone" and packet["from"] == self.alice)
        await phone.settle()
        phone.none(lambda xml: any(e.text == "said on a phone" for e in xml.iter()))

    async def test_typing_goes_both_ways(self) -> None:
        page, alice = await self.page(), await self.client()
        await alice.presence_of(self.web)
        await page.post("status", to=self.alice, show="typing")
        await alice.next("composing", lambda xml: any(tag(e) == "composing" for e in xml.iter()))
        await page.post("status", to=self.alice, show="clear")
        await alice.next("paused", lambda xml: any(tag(e) == "paused" for e in xml.iter()))
        for state, show in (("composing", "typing"), ("paused", "clear")):
            message = alice.make_message(f"{self.bob}@im.example", mtype="chat")
            message["chat_state"] = state
            message.send()
            await page.next("statuses", lambda packet: packet["from"] == self.alice and packet["show"] == show)

    async def test_refusals_are_errors_with_the_id_of_the_message(self) -> None:
        alice = await self.client()
        for to, body, condition in (
            ("nobody@im.example", "x", "item-not-found"),
            (f"{self.alice}@im.example", "x", "not-allowed"),
            (f"{self.bob}@im.example", "x" * 32_769, "policy-violation"),
            ("im.example", "x", "service-unavailable"),
        ):
            message = alice.make_message(to, body, mtype="chat")
            message["id"] = f"to {to} {condition}"
            message.send()
            error = await alice.error(condition)
            self.assertEqual((error.get("id"), error.get("from")), (message["id"], to))
        Browser(self.world, self.bob).post("/webim/block", id=self.alice)
        self.addCleanup(Browser(self.world, self.bob).post, "/webim/unblock", id=self.alice)
        alice.send_message(f"{self.bob}@im.example", "blocked", mtype="chat")
        await alice.error("not-allowed")

    async def test_a_correction_is_refused_and_never_a_second_message(self) -> None:
        page, alice = await self.page(), await self.client()
        alice.register_plugin("xep_0308")
        message = alice.make_message(f"{self.bob}@im.example", "corrected", mtype="chat")
        message["replace"]["id"] = "an earlier one"
        message.send()
        await alice.error("feature-not-implemented")
        alice.send_message(f"{self.bob}@im.example", "after it", mtype="chat")
        await page.next("messages", lambda packet: packet["body"] == "after it")
        self.assertFalse([packet for _, packet in page.packets if packet.get("body") == "corrected"])

    async def test_what_waited_comes_once_with_its_time(self) -> None:
        page = await self.page()
        await page.say(self.carol, "while you were away")
        carol = await self.client(self.carol)
        came = await carol.message("while you were away")
        self.assertTrue(any(tag(e) == "delay" and e.get("stamp", "").endswith("Z") for e in came))
        again = await self.client(self.carol)
        await again.settle()
        again.none(lambda xml: text(xml, "body") == "while you were away")

    async def test_the_last_client_that_leaves_takes_the_member_offline(self) -> None:
        page = await self.page(self.carol)
        phone, desk = await self.client(), await self.client()
        await page.next("presences", lambda packet: packet["from"] == self.alice and packet["type"] == "online")
        await phone.leave()
        desk.send_presence(pshow="away")
        await page.next("presences", lambda packet: packet["from"] == self.alice and packet["show"] == "away")
        self.assertFalse([packet for _, packet in page.packets if packet.get("type") == "offline"])
        await desk.leave()
        await page.next("presences", lambda packet: packet["from"] == self.alice and packet["type"] == "offline")

    async def test_the_highest_priority_speaks_for_the_member(self) -> None:
        page = await self.page(self.carol)
        phone, desk = await self.client(), await self.client(presence=None)
        desk.send_presence(pshow="dnd", ppriority=5)
        await page.next("presences", lambda packet: packet["from"] == self.alice and packet["show"] == "dnd")
        phone.send_presence(pshow="away")
        desk.send_presence(pshow="chat", ppriority=5)
        await page.next("presences", lambda packet: packet["from"] == self.alice and packet["show"] in ("chat", "away"))
        self.assertFalse([packet for _, packet in page.packets if packet.get("show") == "away"])

    async def test_a_plain_first_presence_uncloaks_nobody(self) -> None:
        page = await self.page(self.alice, show="invisible")
        other = await self.page(self.carol)
        alice = await self.client()
        await alice.settle()
        found = await other.post("buddies", ids=self.alice)
        self.assertEqual(found[0]["show"], "unavailable")
        alice.send_presence(pshow="chat")
        await other.next("presences", lambda packet: packet["from"] == self.alice and packet["show"] == "chat")
        await page.post("offline")

    async def test_a_contact_that_a_client_removes_comes_back(self) -> None:
        await self.page()
        alice = await self.client()
        await alice.presence_of(self.web)
        await alice.del_roster_item(f"{self.bob}@im.example")

        def is_set(xml) -> bool:
            return any(e.get("jid") == f"{self.bob}@im.example" and e.get("subscription") == "both" for e in xml.iter())

        await alice.next("the contact again", lambda xml: tag(xml) == "iq" and xml.get("type") == "set" and is_set(xml))
        alice.send_presence(pto="zoe@im.example", ptype="subscribe")
        await alice.next("refusal", lambda xml: tag(xml) == "presence" and xml.get("type") == "unsubscribed")

    async def test_cards_and_features_are_served(self) -> None:
        alice = await self.client()
        card = await alice.plugin["xep_0054"].get_vcard(f"{self.bob}@im.example", cached=False)
        self.assertEqual(card["vcard_temp"]["FN"], "Bob")
        info = await alice.plugin["xep_0030"].get_info(f"{self.bob}@im.example/web")
        self.assertIn("http://jabber.org/protocol/chatstates", info["disco_info"]["features"])
        self.assertNotIn("urn:xmpp:receipts", info["disco_info"]["features"])
        info = await alice.plugin["xep_0030"].get_info("im.example")
        self.assertEqual({identity[0] for identity in info["disco_info"]["identities"]}, {"gateway"})

    async def test_broadcasts_and_posts_are_headlines(self) -> None:
        self.world.sql("INSERT OR IGNORE INTO subscriptions (user) VALUES (?)", self.alice)
        alice = await self.client()
        await alice.settle()
        Browser(self.world, "admin").post("/admin/broadcast", broadcast="To all of you")
        came = await alice.message("To all of you")
        self.assertEqual((came.get("type"), came.get("from")), ("headline", "im.example"))
        Browser(self.world, self.bob).post("/forum", title="A new thread", body="See you there")
        came = await alice.next("post", lambda xml: xml.get("type") == "headline")
        self.assertTrue(any(tag(e) == "url" and "/forum" in (e.text or "") for e in came.iter()))

    async def test_odd_names_are_members_as_all_others(self) -> None:
        page = await self.page()
        for user, local in (("o'hara", "o\\27hara"), ("a b", "a\\20b"), ("你好", "你好")):
            self.world.add_user(user, f"The {user}", friend_of=self.bob)
            client = await self.client(user, local)
            client.send_message(f"{self.bob}@im.example", f"from {user}", mtype="chat")
            came = await page.next("messages", lambda packet: packet["body"] == f"from {user}")
            self.assertEqual(came["from"], user)
            await page.say(user, f"to {user}")
            self.assertEqual((await client.message(f"to {user}")).get("to"), f"{local}@login.example")

    async def test_what_xml_forbids_closes_no_stream(self) -> None:
        page, alice = await self.page(), await self.client()
        await page.say(self.alice, "bell\x07 and \ufffe gone")
        await alice.message("bell and  gone")
        await page.say(self.alice, "after it")
        await alice.message("after it")

    async def test_twenty_messages_at_once_are_taken_and_more_are_refused(self) -> None:
        page, alice = await self.page(), await self.client()
        for number in range(30):
            alice.send_message(f"{self.bob}@im.example", f"flood {number}", mtype="chat")
        await alice.error("policy-violation")
        for number in range(15):
            came = await page.next("messages", lambda packet: packet["body"].startswith("flood"))
            self.assertEqual(came["body"], f"flood {number}", "in order")


if __name__ == "__main__":
    unittest.main()
