"""A member with a browser, and a member with a client.

Owns: what each of them does. Must not: start a program.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import ssl
import urllib.error
import urllib.parse
import urllib.request

import slixmpp
from slixmpp.xmlstream import ET

from .world import SECONDS, World


class Refused(Exception):
    """An answer of the site that is no success."""


class Browser:
    """A browser in which a member is logged in."""

    def __init__(self, world: World, user: str) -> None:
        self.world, self.user = world, user
        token = user.encode().hex()
        world.sql(
            "INSERT OR REPLACE INTO sessions (token, user, expires) VALUES (?, ?, 9000000000000)",
            hashlib.sha256(token.encode()).hexdigest(),
            user,
        )
        self.headers = {"Cookie": f"community_session={token}", "Origin": world.site_url}

    def post(self, path: str, **fields: str) -> str:
        """Sends a form, and returns the answer."""
        request = urllib.request.Request(
            self.world.site_url + path, urllib.parse.urlencode(fields).encode(), self.headers
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            raise Refused(f"{error.code} {error.read().decode()}") from error

    def call(self, endpoint: str, **fields: str):
        """Asks an endpoint as a page does."""
        return json.loads(self.post(self.world.endpoint(endpoint), **fields))

    def chat_password(self, device: str = "phone") -> str:
        """Makes a chat password on the site's page, where it stands once."""
        page = self.post("/chat-passwords", name=device)
        found = re.search("Password: <code>([a-z2-9]{24})</code>", page)
        assert found, page
        return found[1]


class Page:
    """A page of a browser that is online, and polls."""

    def __init__(self, browser: Browser) -> None:
        self.browser, self.seq = browser, 0
        self.packets: list[tuple[str, dict]] = []

    async def open(self, **fields: str) -> Page:
        """Goes online."""
        fields = {"show": "available", "version": "6"} | fields
        self.answer = await asyncio.to_thread(self.browser.call, "online", **fields)
        self.ticket = self.answer["connection"]["ticket"]
        return self

    async def post(self, endpoint: str, **fields: str):
        """Asks the site."""
        fields["ticket"] = self.ticket
        return await asyncio.to_thread(self.browser.call, endpoint, **fields)

    async def say(self, to: str, body: str, kind: str = "unicast") -> str:
        """Sends a message, and returns its id."""
        self.cids = getattr(self, "cids", 0) + 1
        cid = f"{self.ticket[:20]}-{self.cids}"
        return (await self.post("message", to=to, body=body, type=kind, cid=cid))["id"]

    def poll(self) -> dict:
        """One poll."""
        connection = self.answer["connection"]
        query = urllib.parse.urlencode({"domain": connection["domain"], "ticket": self.ticket, "seq": self.seq})
        with urllib.request.urlopen(f"{connection['server']}?{query}", timeout=40) as answer:
            return json.loads(answer.read())

    async def next(self, kind: str, fits=lambda packet: True) -> dict:
        """The next packet of a list that fits."""
        for _ in range(40):
            for at, (of, packet) in enumerate(self.packets):
                if of == kind and fits(packet):
                    return self.packets.pop(at)[1]
            said = await asyncio.wait_for(asyncio.to_thread(self.poll), SECONDS)
            self.seq = said.get("seq", self.seq)
            self.packets += [(of, packet) for of in ("messages", "presences", "statuses") for packet in said[of]]
        raise AssertionError(f"no {kind} that fits in {self.packets}")


class Client(slixmpp.ClientXMPP):
    """A client of a member. It keeps all stanzas that come."""

    def __init__(self, world: World, jid: str, password: str) -> None:
        super().__init__(jid, password)
        self.world = world
        self.ssl_context = ssl.create_default_context()
        self.ssl_context.check_hostname = False
        self.ssl_context.verify_mode = ssl.CERT_NONE
        for plugin in ("xep_0030", "xep_0199", "xep_0280", "xep_0085", "xep_0054"):
            self.register_plugin(plugin)
        self.auto_reconnect = False
        self.came: list[ET.Element] = []
        self.arrived = asyncio.Event()
        self.ended = asyncio.Event()
        self.add_filter("in", self.keep)
        self.add_event_handler("disconnected", lambda _: self.ended.set())

    def keep(self, stanza):
        """Notes what has come."""
        if stanza.name in ("message", "presence", "iq"):
            self.came.append(stanza.xml)
            self.arrived.set()
        return stanza

    async def log_in(self, presence: str | None = "") -> Client:
        """Connects, and says that it is there: with this show, or not at all."""
        done = asyncio.get_running_loop().create_future()

        def finish(outcome: str):
            return lambda event: done.done() or done.set_result((outcome, event))

        self.add_event_handler("session_start", finish("in"))
        self.add_event_handler("failed_auth", finish("failed"))
        self.connect("127.0.0.1", self.world.ports["c2s"])
        outcome, event = await asyncio.wait_for(done, SECONDS)
        if outcome != "in":
            raise Refused(event.xml[0].tag.split("}")[1])
        await self.get_roster()
        await self.plugin["xep_0280"].enable()
        if presence is not None:
            self.send_presence(pshow=presence or None)
        return self

    async def next(self, what: str, fits) -> ET.Element:
        """The next stanza that fits; each is seen once."""

        async def find() -> ET.Element:
            while True:
                self.arrived.clear()
                for at, stanza in enumerate(self.came):
                    if fits(stanza):
                        return self.came.pop(at)
                await self.arrived.wait()

        try:
            return await asyncio.wait_for(find(), SECONDS)
        except asyncio.TimeoutError:
            came = "\n".join(ET.tostring(stanza).decode() for stanza in self.came)
            raise AssertionError(f"no {what}; there came\n{came}") from None

    async def message(self, body: str) -> ET.Element:
        """The next message with this body, which is no copy of one."""
        return await self.next(f"message {body}", lambda xml: tag(xml) == "message" and text(xml, "body") == body)

    async def presence_of(self, jid: str, kind: str | None = None, show: str | None = None) -> ET.Element:
        """The next presence of an address with this type and show."""

        def fits(xml: ET.Element) -> bool:
            is_type = xml.get("type") == kind and text(xml, "show") == show
            return tag(xml) == "presence" and xml.get("from") == jid and is_type

        return await self.next(f"presence of {jid}", fits)

    async def error(self, condition: str, request: str = "message") -> ET.Element:
        """The next error of a kind of stanza with this condition."""

        def fits(xml: ET.Element) -> bool:
            return tag(xml) == request and xml.get("type") == "error" and any(tag(e) == condition for e in xml.iter())

        return await self.next(f"error {condition}", fits)

    def none(self, fits) -> None:
        """Checks that no stanza that has come so far fits."""
        found = [ET.tostring(stanza).decode() for stanza in self.came if fits(stanza)]
        assert not found, found

    async def settle(self) -> None:
        """All that was on its way before has come: the server and the gateway answer pings in order."""
        for host in ("im.example", "rooms.im.example", "login.example"):
            await self.plugin["xep_0199"].send_ping(host, timeout=SECONDS)

    async def leave(self) -> None:
        """Logs out."""
        await self.disconnect()
        await asyncio.wait_for(self.ended.wait(), SECONDS)


def tag(xml: ET.Element) -> str:
    """The name of an element without its namespace."""
    return xml.tag.split("}")[-1]


def text(xml: ET.Element, name: str) -> str | None:
    """The text of a child of this name."""
    return next((child.text or "" for child in xml if tag(child) == name), None)
