"""What the operator of a site sets.

Owns: the settings of the kit and their defaults. Must not: read a file; hosts have their own places for settings.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


def now_ms() -> int:
    """The time, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True)
class Config:
    """The settings of one site."""

    server: str
    """The message server's URL as the site reaches it, such as `http://127.0.0.1:8000`."""
    domain: str
    """The site's domain at the message server."""
    apikey: str = field(default="", repr=False)
    """Its key. The environment variable `NEXTIM_APIKEY` wins, so that no file has to hold it."""
    public_url: str = ""
    """The message server's URL as browsers reach it."""
    origins: Sequence[str] = ()
    """The origins of the site's own pages, such as `https://forum.example`. Changes are accepted from these only."""
    jsonp_origins: Sequence[str] = ()
    """Other origins whose pages may use the kit by JSONP."""
    site: str = "/webim"
    """Where the kit's endpoints are, for the chat bar: a path, or a template with `{endpoint}`."""
    url: str = ""
    """What links begin with, so that they work on pages of other origins. Empty if there are none."""
    user_links: str = ""
    """Which links of the pages lead to users, for the chat bar: `data-user-links`. Empty for its own list."""
    xmpp: str = ""
    """The domain of the addresses with which clients of XMPP log in, such as `login.example`. Empty: there are none.
    `Host.may(me, "xmpp")` says who may have one."""
    default_user_pic: str = ""
    default_room_pic: str = ""
    log_in_url: str = ""
    """The page on which the site logs users in, for the chat bar; `{page}` in it is the page to come back to. Empty if
    the bar's own form does it (`Host.log_in`)."""
    cookie_path: str = "/"
    """The path of the cookie `nextim_user`."""
    clock: Callable[[], int] = now_ms
    """The time in ms; tests set it."""

    def key(self) -> str:
        """The key of the domain."""
        return os.environ.get("NEXTIM_APIKEY") or self.apikey

    def endpoint(self, name: str) -> str:
        """The path of an endpoint of the kit."""
        return self.site.replace("{endpoint}", name) if "{endpoint}" in self.site else f"{self.site}/{name}"

    def link(self, path: str) -> str:
        """A path of the site as a link; whole URLs stay as they are."""
        return self.url.rstrip("/") + path if path.startswith("/") and not path.startswith("//") else path
