"""The line of HTML that puts the chat bar into a page.

Owns: its attributes, and that they are escaped. Must not: name a user; a cache may give the page to another.
"""

from __future__ import annotations

from html import escape

from .config import Config
from .cookie import NAME


def tag(config: Config, lang: str = "") -> str:
    """The script's tag. Not for the pages of administrators, for log-in forms, frames and print."""
    attributes = {
        "src": (config.public_url or config.server).rstrip("/") + "/webim.js",
        "data-site": config.site,
        "data-user-cookie": NAME,
    }
    if config.log_in_url:
        attributes["data-login"] = config.log_in_url
    if config.user_links:
        attributes["data-user-links"] = config.user_links
    if lang:
        attributes["data-lang"] = lang
    written = " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items())
    return f"<script {written} defer></script>"
