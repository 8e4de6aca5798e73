"""Chat passwords: what clients of XMPP log in with, one for each device.

Owns: who may have some, making and revoking them, and the check of a log-in. Must not: read the site's own passwords.

A right password is accepted even while failures of others have used up a limit: nobody finds one by trying.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from unicodedata import category

from . import devices
from .config import Config
from .devices import Device
from .host import Person
from .http import Params, Refusal, Response, answer, forbidden, not_found
from .limits import CHAT_PASSWORD_CHARS, CHAT_PASSWORDS_MAX, DEVICE_CHARS_MAX, NAME_BYTES_MAX
from .params import short
from .plugin import Plugin
from .tell import Tell

_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
"""32 characters that are not taken for one another: five bits each."""
_ESCAPED = re.compile(r"[ \"&'/:<>@]|\\(?=20|22|26|27|2f|3a|3c|3e|40|5c)")
"""What XEP-0106 escapes."""


class ChatPasswords:
    """For the page on which members make passwords for their devices: that of the kit, or the site's own."""

    def __init__(self, plugin: Plugin, tell: Tell) -> None:
        self._plugin = plugin
        self._tell = tell

    def address(self, me: Person) -> str:
        """What a client asks for beside the password."""
        local = _ESCAPED.sub(lambda found: f"\\{ord(found[0]):x}", me.id)
        return f"{local}@{self._plugin.config.xmpp}"

    def make(self, me: Person, device: str) -> str:
        """Makes a password for a device, and returns it: nobody can read it later."""
        admit(self._plugin, me)
        db, name = self._plugin.db, device.strip()
        if not 0 < len(name) <= DEVICE_CHARS_MAX or any(category(char) in ("Cc", "Cs") for char in name):
            raise Refusal(422, "A device has a name of 1 to %s characters.", str(DEVICE_CHARS_MAX))
        password = "".join(secrets.choice(_ALPHABET) for _ in range(CHAT_PASSWORD_CHARS))

        def add() -> None:
            if len(devices.of(db, me.id)) >= CHAT_PASSWORDS_MAX:
                raise Refusal(422, "You have too many chat passwords. Please revoke one first.")
            devices.add(db, me.id, password, name, self._plugin.now())

        db.atomic(add)
        return password

    def of(self, me: Person) -> list[Device]:
        """The devices of a user, the oldest first."""
        return devices.of(self._plugin.db, me.id)

    def revoke(self, me: Person, id_: str) -> None:
        """Revokes a password. All clients of the user are logged out, for the site does not know which of them used it;
        those with another password log in again by themselves."""
        if not devices.remove(self._plugin.db, me.id, id_):
            raise not_found("There is no such chat password any more.")
        self._log_out(me)

    def revoke_all(self, me: Person) -> None:
        """Revokes all passwords of a user."""
        if devices.remove_all(self._plugin.db, me.id):
            self._log_out(me)

    def _log_out(self, me: Person) -> None:
        self._tell.logged_out(session(self._plugin.config, me.id))


def admit(plugin: Plugin, me: Person) -> None:
    """Refuses a user for whom clients of XMPP are not."""
    if not plugin.config.xmpp:
        raise forbidden("This site lets nobody chat by XMPP.")
    plugin.may(me, "chat")
    plugin.may(me, "xmpp")


def session(config: Config, user: str) -> str:
    """The log-in that all clients of a user share; nobody who lacks the apikey knows it."""
    return hmac.new(config.key().encode(), f"xmpp {user}".encode(), hashlib.sha256).hexdigest()


def auth(plugin: Plugin, me: Person | None, params: Params) -> Response:
    """`auth`: a client logs in, as a user of this name."""
    if me is not None and _is_right(plugin, me, params.get("password")):
        return answer({"user": me.id})
    plugin.may_fail(short(params, "address", NAME_BYTES_MAX), short(params, "user", NAME_BYTES_MAX))
    raise Refusal(401, "The user name or the password is wrong.")


def _is_right(plugin: Plugin, me: Person, password: str) -> bool:
    try:
        admit(plugin, me)
    except Refusal:
        return False
    return devices.use(plugin.db, me.id, password, plugin.now())
