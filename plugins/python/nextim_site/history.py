"""`history`, `clear_history` and `download_history`: the messages of a conversation.

Owns: which histories a user may read, and the file of a history. Must not: call the message server.
"""

from __future__ import annotations

from datetime import datetime, timezone
from html import escape
from importlib.resources import files
from string import Template

from . import shapes
from .archive import Message
from .host import Me, Person, Room
from .http import HTML, Params, Response, answer, bad
from .limits import DOWNLOAD_MAX, HISTORIES_MAX, HISTORY_MAX
from .params import listed, number, required, text
from .plugin import Plugin, no_such_user
from .rooms import all_mine

_LINE = Template("<dt><b>$nick</b> <time>$time UTC</time></dt>\n<dd>$body</dd>\n")


def _is_room(params: Params) -> bool:
    kind = text(params, "type")
    if kind not in ("", "unicast", "chat", "multicast", "grpchat"):
        raise bad("bad parameter: type")
    return kind in ("multicast", "grpchat")


def _partners(plugin: Plugin, me: Me, params: Params, ids: list[str]) -> list[Person | Room]:
    """The other side of each of these conversations."""
    if _is_room(params):
        return [*all_mine(plugin, me, ids)]
    named = plugin.named(ids)
    if not all(one in named for one in ids):
        raise no_such_user()
    return [named[one] for one in ids]


def _read(
    plugin: Plugin, me: Me, params: Params, ids: list[str], before: int | None, limit: int
) -> dict[str, list[Message]]:
    if _is_room(params):
        return plugin.archive.histories(me.id, [], ids, before, limit)[1]
    return plugin.archive.histories(me.id, ids, [], before, limit)[0]


def history(plugin: Plugin, me: Me, params: Params) -> Response:
    """`history`: the last messages, or the last before a time. Of several conversations, by the specification, an
    object."""
    before = number(text(params, "before"))
    ids = listed(params, "ids")[:HISTORIES_MAX]
    if text(params, "id") or not ids:
        partner = _partners(plugin, me, params, [required(params, "id")])[0].id
        found = _read(plugin, me, params, [partner], before, HISTORY_MAX)
        return answer(shapes.lines(found[partner], me.id))
    partners = [partner.id for partner in _partners(plugin, me, params, ids)]
    found = _read(plugin, me, params, list(dict.fromkeys(partners)), before, HISTORY_MAX)
    return answer({asked: shapes.lines(found[one], me.id) for asked, one in zip(ids, partners, strict=True)})


def recent(plugin: Plugin, me: Me, params: Params) -> Response:
    """`history` of the gateway to XMPP: the last lines of a conversation, at most `max`."""
    partner = _partners(plugin, me, params, [required(params, "to")])[0].id
    limit = number(text(params, "max"))
    found = _read(
        plugin, me, params, [partner], None, HISTORY_MAX if limit is None else max(1, min(limit, HISTORY_MAX))
    )
    return answer(shapes.lines(found[partner], me.id))


def clear(plugin: Plugin, me: Me, params: Params) -> Response:
    """`clear_history`: for this user alone."""
    partner = _partners(plugin, me, params, [required(params, "id")])[0].id
    if _is_room(params):
        plugin.archive.clear_room(me.id, partner)
    else:
        plugin.archive.clear_user(me.id, partner)
    return answer("ok")


def download(plugin: Plugin, me: Me, params: Params) -> Response:
    """`download_history`: the history as a file."""
    partner = _partners(plugin, me, params, [required(params, "id")])[0]
    found = _read(plugin, me, params, [partner.id], None, DOWNLOAD_MAX)[partner.id]
    written = "".join(
        _LINE.substitute(nick=escape(message.nick), time=minute_of(message.time), body=escape(message.body))
        for message in found
    )
    page = Template(files(__package__).joinpath("history.html").read_text("utf-8"))
    body = page.substitute(name=escape(partner.nick), lines=written)
    day = minute_of(plugin.now()).partition(" ")[0]
    disposition = ("Content-Disposition", f'attachment; filename="histories-{day}.html"')
    return Response(body.encode("utf-8", "replace"), HTML).with_headers([disposition])


def minute_of(time: int) -> str:
    """A time in ms as words, in UTC."""
    return datetime.fromtimestamp(time / 1_000, timezone.utc).strftime("%Y-%m-%d %H:%M")
