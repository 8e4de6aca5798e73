"""The style of a message.

Owns: the declarations that are allowed, value by value. Others are left out, and the message is sent without them. Must
not: raise a `Refusal`.
"""

from __future__ import annotations

import re

from .limits import STYLE_BYTES_MAX

# Sizes of letters, in the units of old and new front ends; larger letters would cover other messages.
_SIZES = {"px": (8.0, 36.0), "pt": (6.0, 28.0), "em": (0.5, 2.5), "%": (50.0, 250.0)}
_SIZE_WORDS = {"xx-small", "x-small", "small", "medium", "large", "x-large", "xx-large", "smaller", "larger"}
_SIZE = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(px|pt|em|%)", re.ASCII)
_RGB = re.compile(r"rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)", re.ASCII)
_COLOUR = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})|[a-z]{3,20}")
_WORDS = {
    "font-weight": re.compile(r"normal|bold|bolder|lighter|[1-9]00"),
    "font-style": re.compile(r"normal|italic|oblique"),
    "text-decoration": re.compile(r"none|(?:underline|overline|line-through)(?: (?:underline|overline|line-through))*"),
}


def allowed(style: str) -> str:
    """The allowed declarations of a style."""
    if len(style.encode("utf-8", "replace")) > STYLE_BYTES_MAX:
        return ""
    kept = []
    for declaration in style.lower().split(";"):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        if _is_allowed(name, value):
            kept.append(f"{name}:{value};")
    return "".join(kept)


def _is_allowed(name: str, value: str) -> bool:
    if name == "color":
        return _is_colour(value)
    if name == "font-size":
        return _is_size(value)
    words = _WORDS.get(name)
    return words is not None and words.fullmatch(value) is not None


def _is_colour(value: str) -> bool:
    parts = _RGB.fullmatch(value)
    if parts:
        return all(int(part) <= 255 for part in parts.groups())
    return _COLOUR.fullmatch(value) is not None


def _is_size(value: str) -> bool:
    found = _SIZE.fullmatch(value)
    if not found:
        return value in _SIZE_WORDS
    least, most = _SIZES[found[2]]
    return least <= float(found[1]) <= most
