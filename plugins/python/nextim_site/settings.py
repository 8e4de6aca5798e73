"""`setting`: the settings of a user's chat bar.

Owns: the list of settings, and the values each may have. Must not: keep a setting that is not on the list.
"""

from __future__ import annotations

import json
from typing import Any

from . import own, tickets
from .host import Me
from .http import Params, Response, answer, bad
from .limits import IDS_MAX, SETTINGS_BYTES_MAX
from .params import is_name, text
from .plugin import Plugin

_FLAGS = ("play_sound", "buddy_sticky", "minimize_layout", "msg_auto_pop", "desktop_notify")
_WORDS = {"theme": ("auto", "light", "dark"), "lang": ("", "en", "zh-CN", "zh-TW")}
_PERCENTS = {"opacity": range(50, 101), "zoom": range(80, 151)}
_BLOCKED_ROOMS = "blocked_rooms"
_KNOWN = (*_FLAGS, *_WORDS, *_PERCENTS, _BLOCKED_ROOMS)


def setting(plugin: Plugin, me: Me, params: Params) -> Response:
    """`setting`: `data` is all of them as JSON; by the specification, each may also be a parameter of its own."""
    given = _given(params)

    def change() -> None:
        kept = own.settings(plugin.db, me.id).settings
        for name, value in given.items():
            checked = _checked(name, value)
            if checked is not None:
                kept[name] = checked
        own.set_settings(plugin.db, me.id, kept)

    plugin.db.atomic(change)
    return answer("ok")


def _given(params: Params) -> dict[str, Any]:
    data = text(params, "data")
    if not data:
        return {name: params.find(name) for name in _KNOWN if params.find(name) is not None}
    try:
        parsed = json.loads(data) if len(data.encode()) <= SETTINGS_BYTES_MAX else None
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        raise bad("bad parameter: data")
    return parsed


def _checked(name: str, value: Any) -> Any:
    """The value of a setting, if there is such a setting and it may have this value."""
    if name in _FLAGS:
        return _flag(value)
    if name == _BLOCKED_ROOMS:
        return _rooms(value)
    if name in _WORDS:
        return value if isinstance(value, str) and value in _WORDS[name] else None
    if name in _PERCENTS:
        return _percent(value, _PERCENTS[name])
    return None


def _flag(value: Any) -> bool | None:
    """A flag, in the forms in which front ends write one."""
    if isinstance(value, bool | int):
        return bool(value)
    if isinstance(value, str):
        return {"true": True, "1": True, "false": False, "0": False, "": False}.get(value.lower())
    return None


def _percent(value: Any, allowed: range) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 3:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value in allowed else None


def _rooms(value: Any) -> list[str] | None:
    """Ids of rooms: a list, or a text with commas."""
    if value is None:
        return []
    if isinstance(value, str):
        value = [entry.strip() for entry in value.split(",")]
    if not isinstance(value, list):
        return None
    entries = (str(entry) for entry in value if isinstance(entry, str | int) and not isinstance(entry, bool))
    return [entry for entry in dict.fromkeys(entries) if is_name(entry)][:IDS_MAX]


def blocked_rooms(settings: dict[str, Any]) -> list[str]:
    """The ids of the rooms whose messages a user does not want."""
    return _rooms(settings.get(_BLOCKED_ROOMS)) or []


def block_room(plugin: Plugin, user: str, room: str, blocked: bool, ticket: str) -> bool:
    """Keeps whether a user wants the messages of a room. Returns whether the session of the ticket goes on; the ticket
    of another user is refused."""

    def change() -> bool:
        found = own.settings(plugin.db, user, tickets.hashed(ticket) if ticket else "")
        tickets.check_owner(user, found.ticket_owner)
        rooms = [known for known in blocked_rooms(found.settings) if known != room]
        kept = {**found.settings, _BLOCKED_ROOMS: [*rooms, room] if blocked else rooms}
        own.set_settings(plugin.db, user, kept)
        return found.ticket_owner is not None

    return plugin.db.atomic(change)
