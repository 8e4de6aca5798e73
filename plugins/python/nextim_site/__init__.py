"""The part of a site that connects it with NextIM: the endpoints that the chat bar calls, for sites written in Python.

Owns: the names that a site imports. Must not: have code of its own.

A request goes through `handler` to one function in `online`, `messages`, `contacts`, `rooms`, `history`, `presence`,
`settings`, `missed`, `notifications`, `undelivered`, `xmpp` or `devices_page`. These use `host` (the site), `db` (the
database, by way of `archive`, `own`, `tickets`, `devices` and `rates`) and `im` (the message server). What happens on
the site's own pages goes the other way, through `tell`.
"""

from .archive import Message
from .chat_passwords import ChatPasswords
from .config import Config
from .cookie import header as user_cookie
from .db import Db, DbApi
from .devices import Device
from .handler import Handler, body_bytes_max
from .host import Channel, Contact, Extras, Host, Me, Notice, Person, Relations, Room, Wanted
from .http import Refusal, Request, Response
from .im import Im
from .migrate import migrate, uninstall
from .privacy import erase, export, prune
from .tag import tag
from .tell import Tell

__all__ = [
    "Channel",
    "ChatPasswords",
    "Config",
    "Contact",
    "Db",
    "DbApi",
    "Device",
    "Extras",
    "Handler",
    "Host",
    "Im",
    "Me",
    "Message",
    "Notice",
    "Person",
    "Refusal",
    "Relations",
    "Request",
    "Response",
    "Room",
    "Tell",
    "Wanted",
    "body_bytes_max",
    "erase",
    "export",
    "migrate",
    "prune",
    "tag",
    "uninstall",
    "user_cookie",
]
