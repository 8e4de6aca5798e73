"""`chat_passwords`: the page on which a member makes and revokes chat passwords.

Owns: the page; a new password is shown in the answer to the form, and nowhere else. Must not: check or keep a password;
`ChatPasswords` does.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from urllib.parse import quote

from .chat_passwords import ChatPasswords, admit
from .cookie import hint
from .devices import Device
from .history import minute_of
from .host import Me
from .http import HTML, Refusal, Request, Response, log_in_first, not_found
from .limits import DEVICE_CHARS_MAX
from .params import text
from .plugin import Plugin

NAME = "chat_passwords"
_ALL = "all"
_Words = Callable[..., str]


def devices_page(plugin: Plugin, passwords: ChatPasswords, request: Request) -> Response:
    """Shows the page, and does what its forms ask for: `device` makes a password, `revoke` removes one or all."""
    config = plugin.config
    if not config.xmpp:
        raise not_found("There is no such endpoint.")
    if request.method not in ("GET", "HEAD", "POST"):
        raise Refusal(405, "This needs another method.")
    me = plugin.host.me(request)
    own = config.endpoint(NAME)
    if me is None:
        if config.log_in_url:
            return _to(config.log_in_url.replace("{page}", quote(own, safe=""))).with_headers(hint(config, request, me))
        return _page(plugin, request, me, refused=log_in_first())
    try:
        admit(plugin, me)
    except Refusal as refusal:
        return _page(plugin, request, me, refused=refusal)
    if request.method != "POST":
        return _page(plugin, request, me, _content(plugin, passwords, me))
    try:
        made = _act(plugin, passwords, me, request)
    except Refusal as refusal:
        return _page(plugin, request, me, _content(plugin, passwords, me), refusal)
    # Only a new password is shown in the answer to its form; it stands nowhere else.
    return _page(plugin, request, me, _content(plugin, passwords, me, made)) if made else _to(own)


def _act(plugin: Plugin, passwords: ChatPasswords, me: Me, request: Request) -> str:
    """The password that was made; empty if some were revoked."""
    plugin.may_act(me.id, NAME)
    revoked = text(request.params, "revoke")
    if revoked == _ALL:
        passwords.revoke_all(me)
    elif revoked:
        passwords.revoke(me, revoked)
    else:
        return passwords.make(me, request.params.get("device"))
    return ""


def _to(url: str) -> Response:
    return Response(b"", HTML, 303, (("Location", url),))


def _page(
    plugin: Plugin, request: Request, me: Me | None, content: str = "", refused: Refusal | None = None
) -> Response:
    words = plugin.host.words
    alert = f'<p role="alert">{escape(refused.words(words))}</p>\n' if refused else ""
    page = plugin.host.page(request, words("Chat passwords"), alert + content)
    # No page of another site may lead a click onto a button of this one.
    headers = (("X-Frame-Options", "DENY"), *hint(plugin.config, request, me))
    return Response(page.encode("utf-8", "replace"), HTML, refused.status if refused else 200).with_headers(headers)


def _content(plugin: Plugin, passwords: ChatPasswords, me: Me, made: str = "") -> str:
    def words(text: str, **values: object) -> str:
        return escape(plugin.host.words(text) % values if values else plugin.host.words(text))

    address = f"<code>{escape(passwords.address(me))}</code>"
    intro = words(
        "Chat with a phone or desktop client of XMPP. Each device has a password of its own, which opens nothing else."
    )
    parts = [f"<p>{intro}</p>"]
    if made:
        parts += [
            f"<section>\n<h2>{words('Your new chat password')}</h2>",
            f"<p>{words('Type both into the client now. The password is not shown again.')}</p>",
            f"<p>{words('Address:')} {address}</p>",
            f"<p>{words('Password:')} <code>{made}</code></p>\n</section>",
        ]
    parts.append(f"<h2>{words('Devices')}</h2>\n<p>{words('Your address:')} {address}</p>")
    found = passwords.of(me)
    if found:
        note = words(
            "Revoking one logs all your devices out; the others log in again by themselves. A new password of your"
            " account revokes all."
        )
        lines = "".join(_line(words, one) for one in found)
        parts += [f"<ul>\n{lines}</ul>\n<p>{note}</p>", _button(_ALL, words("Revoke all"))]
    else:
        parts.append(f"<p>{words('No device has a chat password yet.')}</p>")
    field = f'<input name="device" required maxlength="{DEVICE_CHARS_MAX}" autocomplete="off">'
    parts.append(
        f"<h2>{words('Another device')}</h2>\n"
        f'<form method="post"><label>{words("Name of the device")} {field}</label>'
        f" <button>{words('Make a password')}</button></form>"
    )
    return "\n".join(parts) + "\n"


def _line(words: _Words, one: Device) -> str:
    made = words("Made %(time)s UTC.", time=minute_of(one.created))
    used = words("Last log-in %(time)s UTC.", time=minute_of(one.used)) if one.used else words("Never used.")
    label = f"{words('Revoke')}: {escape(one.device)}"
    return f"<li><b>{escape(one.device)}</b> {made} {used} {_button(one.id, words('Revoke'), label)}</li>\n"


def _button(value: str, word: str, label: str = "") -> str:
    aria = f' aria-label="{label}"' if label else ""
    return f'<form method="post"><button name="revoke" value="{value}"{aria}>{word}</button></form>'
