"""The cookie `nextim_user`, by which a page knows who it is for.

Owns: its value and its life. Must not: decide who a user is; it is a hint, and the host's session decides.

Pages are the same bytes for everybody, so that caches may hold them. The chat bar reads the id from this cookie, and
asks the site nothing if there is none.
"""

from __future__ import annotations

from urllib.parse import quote

from .config import Config
from .host import Me
from .http import Request

NAME = "nextim_user"


def hint(config: Config, request: Request, me: Me | None) -> list[tuple[str, str]]:
    """The header that mends the cookie, if it is wrong."""
    sent = request.cookies.get(NAME, "")
    if me is None:
        return [("Set-Cookie", header(config, None))] if sent else []
    return [] if sent == quote(me.id, safe="") else [("Set-Cookie", header(config, me))]


def header(config: Config, me: Me | None) -> str:
    """The value of `Set-Cookie` that names a user, or that removes the cookie."""
    parts = [f"{NAME}={quote(me.id, safe='') if me else ''}", f"Path={config.cookie_path}", "SameSite=Lax"]
    if me is None:
        parts.append("Max-Age=0")
    elif me.expires_s is not None:
        parts.append(f"Max-Age={me.expires_s}")
    if any(origin.startswith("https://") for origin in config.origins):
        parts.append("Secure")
    return "; ".join(parts)
