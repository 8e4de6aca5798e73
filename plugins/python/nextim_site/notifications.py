"""`notifications`: requests for friendship, replies, notices of the site.

Owns: their JSON. Must not: change anything; a notification goes away on the site's own pages.
"""

from __future__ import annotations

from .host import Me
from .http import Params, Response, answer
from .limits import NOTIFICATIONS_MAX
from .plugin import Plugin
from .shapes import Json


def notifications(plugin: Plugin, me: Me, params: Params) -> Response:
    """`notifications`: the newest."""
    shown: list[Json] = []
    for notice in list(plugin.host.notices(me))[:NOTIFICATIONS_MAX]:
        shape: Json = {"text": notice.text, "time": notice.time}
        if notice.link:
            shape["link"] = plugin.config.link(notice.link)
        shown.append(shape)
    return answer(shown)
