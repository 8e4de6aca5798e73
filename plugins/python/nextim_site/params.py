"""The parameters of the chat bar.

Owns: reading them in the forms in which front ends send them. Must not: read the user's name from one; the host names
the user.

Front ends in the field send the words `undefined` and `null` for a value that is missing. Only the body of a message
may be one of these words.
"""

from __future__ import annotations

from .http import Params, bad
from .limits import IDS_MAX, NAME_BYTES_MAX

_NOTHING = ("", "undefined", "null")


def text(params: Params, name: str) -> str:
    """A parameter, or an empty text."""
    found = params.get(name).strip()
    return "" if found in _NOTHING else found


def required(params: Params, name: str) -> str:
    """A parameter that must be there."""
    found = text(params, name)
    if not found:
        raise bad(f"missing parameter: {name}")
    return found


def listed(params: Params, name: str) -> list[str]:
    """A list whose entries are parted by commas, each entry once. Entries that cannot be an id are left out."""
    entries = (entry.strip() for entry in params.get(name).split(","))
    return list(dict.fromkeys(entry for entry in entries if entry not in _NOTHING and is_name(entry)))[:IDS_MAX]


def is_name(entry: str) -> bool:
    """Whether this can be the id of a user or of a room."""
    fits = 0 < len(entry.encode("utf-8", "replace")) <= NAME_BYTES_MAX
    return fits and "," not in entry and all(char >= " " and char != "\x7f" for char in entry)


def short(params: Params, name: str, bytes_max: int) -> str:
    """A parameter of at most this many bytes."""
    found = text(params, name)
    if len(found.encode()) > bytes_max or "\0" in found:
        raise bad(f"bad parameter: {name}")
    return found


def clearable(params: Params, name: str, bytes_max: int) -> str | None:
    """A text that may be cleared: an empty one clears it, and none leaves it as it was."""
    found = short(params, name, bytes_max)
    sent = params.find(name)
    if sent is None or (sent.strip() and not found):
        return None
    return found


def number(value: str) -> int | None:
    """A number that an id or a time may be."""
    digits = value.removeprefix("-")
    return int(value) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else None
