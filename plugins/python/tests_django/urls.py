"""The site of the tests.

Owns: a page with the tag in its template, and others without. Must not: have a test.
"""

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path

PAGE = b"<html><body>page</body></html>"


def page(request: HttpRequest) -> HttpResponse:
    """A page to which the middleware adds the tag."""
    return HttpResponse(PAGE)


def tagged(request: HttpRequest) -> HttpResponse:
    """A page that has the tag already."""
    template = engines["django"].from_string("<body>{% load nextim %}{% nextim_bar %}</body>")
    return HttpResponse(template.render())


urlpatterns = [
    path("webim/", include("nextim_site.django.urls")),
    path("", page, name="page-in"),
    path("plain/", page),
    path("tagged/", tagged),
]
