"""What the suite asks of the host, as forms: a command of its own for each would be too slow.

Owns: the way from a form to `world.py`. Must not: be reachable but in tests; nobody has to log in.
"""

from __future__ import annotations

import world
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

_ACTS = (world.befriend, world.unfriend, world.ban, world.log_out_everywhere, world.join, world.leave)


@csrf_exempt
def desk(request: HttpRequest, act: str) -> HttpResponse:
    """Does what the path says with the values of the form, in their order."""
    values = [value for name in ("one", "other", "room") if (value := request.POST.get(name))]
    {known.__name__: known for known in _ACTS}[act](*values)
    return HttpResponse("ok")
