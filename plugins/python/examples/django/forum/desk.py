"""What the suite asks of the host, as forms: a command of its own for each would be too slow.

Owns: the way from a form to `world.py`. Must not: be reachable but in tests; nobody has to log in.
"""

from __future__ import annotations

import world
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

_ACTS = {
    act.__name__: act
    for act in (
        *(world.reset, world.fill, world.befriend, world.unfriend),
        *(world.ban, world.log_out_everywhere, world.join, world.leave),
    )
}
_FIELDS = ("one", "other", "to", "room", "type", "count")


@csrf_exempt
def desk(request: HttpRequest, act: str) -> HttpResponse:
    """Does what the path says with the values of the form, in the order of their names here."""
    _ACTS[act](*(request.POST[name] for name in _FIELDS if name in request.POST))
    return HttpResponse("ok")
