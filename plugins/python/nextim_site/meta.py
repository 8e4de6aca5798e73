"""The object that a page may send beside a message, such as the message it replies to.

Owns: the check of its form, which is that of the message server. Must not: read what it means; nothing in it is
trusted.
"""

from __future__ import annotations

import json

from .http import bad
from .limits import META_BYTES_MAX, META_DEPTH_MAX


def checked(sent: str) -> str | None:
    """The object as it was sent, or none if there is none. All parsers must read it alike: no name may stand twice in
    one object, and no text may have half of a surrogate pair or U+0000."""
    if not sent:
        return None
    if len(sent.encode()) > META_BYTES_MAX:
        raise _refusal()
    try:
        found = json.loads(sent, object_pairs_hook=_once, parse_constant=_no_constant)
        if not isinstance(found, dict):
            raise ValueError
        _look(found, META_DEPTH_MAX)
    except (ValueError, RecursionError):
        raise _refusal() from None
    return sent


def _refusal() -> Exception:
    return bad("bad parameter: meta")


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _no_constant(word: str) -> object:
    raise ValueError(word)


def _look(value: object, depth: int) -> None:
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= char <= "\udfff" for char in value):
            raise ValueError
    elif isinstance(value, dict | list):
        if depth == 0:
            raise ValueError
        for name in value if isinstance(value, dict) else ():
            _look(name, depth)
        for entry in value.values() if isinstance(value, dict) else value:
            _look(entry, depth - 1)
