"""`undelivered`: messages that the message server accepted and could not deliver.

Owns: requests that prove their identity by the apikey, and this one of the message server. Must not: ask the host who
is logged in; a browser's cookie counts for nothing here.
"""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any

from .http import Refusal, Request, Response, answer, bad
from .limits import CALL_BODY_BYTES_MAX, RETURNED_MAX
from .params import number, text
from .plugin import Plugin


def undelivered(plugin: Plugin, request: Request) -> Response:
    """`undelivered`: these messages wait for their receivers again. Messages that are not in the archive are
    ignored."""
    return back(plugin, read(plugin, request))


def read(plugin: Plugin, request: Request) -> Any:
    """The JSON of a request that has the domain and the apikey; none if it cannot be read."""
    if request.method != "POST":
        raise Refusal(405, "This needs another method.")
    if not _is_from_server(plugin, request):
        raise Refusal(401, "authentication failed")
    if len(request.body) > CALL_BODY_BYTES_MAX:
        raise Refusal(413, "too long")
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError):
        return None


def back(plugin: Plugin, returned: Any) -> Response:
    """These messages came back."""
    if not isinstance(returned, list) or not all(isinstance(message, dict) for message in returned):
        raise bad("the body must be a list of messages")
    if len(returned) > RETURNED_MAX:
        raise Refusal(413, "too many messages")
    ids = (number(str(message.get("id"))) for message in returned)
    plugin.archive.set_undelivered([one for one in ids if one is not None])
    return answer("ok")


def _is_from_server(plugin: Plugin, request: Request) -> bool:
    """Whether the request has the domain and the apikey: by HTTP Basic, or by parameters of the query."""
    scheme, _, sent = request.header("authorization").partition(" ")
    if scheme.lower() == "basic":
        try:
            domain, _, apikey = base64.b64decode(sent.strip(), validate=True).decode().partition(":")
        except ValueError:
            return False
    else:
        domain, apikey = text(request.params, "domain"), text(request.params, "apikey")
    # The key is compared for any domain: the time of the answer shows nothing of the key.
    key = plugin.config.key()
    is_key = hmac.compare_digest(apikey.encode("utf-8", "replace"), key.encode())
    return is_key and key != "" and domain == plugin.config.domain
