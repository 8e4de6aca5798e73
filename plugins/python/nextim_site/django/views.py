"""The endpoints as a view.

Owns: from Django's request to the kit's, and back. Must not: be in a transaction of the request: the second look of
`online` must see what was stored meanwhile.
"""

from __future__ import annotations

from django.core.exceptions import RequestDataTooBig
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from nextim_site import Request, body_bytes_max
from nextim_site.http import JSON

from .conf import alias, handler


def request_of(request: HttpRequest, endpoint: str) -> Request:
    """A request of the kit."""
    try:
        body = request.body
    except RequestDataTooBig:
        # Django has a limit of its own, and read nothing: the kit sees a body that is too long for it.
        body = bytes(body_bytes_max(endpoint))
    except UnreadablePostError:
        body = b""
    headers = {name.lower(): value for name, value in request.headers.items()}
    query = request.META.get("QUERY_STRING", "").encode("latin-1", "replace")
    return Request(request.method or "GET", endpoint, headers, query, body, request)


# The kit checks where a request comes from; Django's token is not in the chat bar's requests.
@csrf_exempt
@transaction.non_atomic_requests
def endpoint(request: HttpRequest, name: str) -> HttpResponse:
    """Answers a request of the chat bar or of the message server."""
    found = handler().handle(request_of(request, name))
    response = HttpResponse(found.body, status=found.status)
    for header, value in found.all_headers():
        if header == "Set-Cookie":
            response.cookies.load(value)
        else:
            response[header] = value
    if found.content_type == JSON:
        # Prosody 0.12 takes an answer without a length for empty, if its body comes after its head. Not of pages, which
        # middleware may change.
        response["Content-Length"] = str(len(found.body))
    return response


if alias() != "default":
    endpoint = transaction.non_atomic_requests(using=alias())(endpoint)
