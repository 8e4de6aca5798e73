"""The addresses of the forum.

Owns: that the endpoints come before Spirit's pages. Must not: have a view.
"""

import os

import spirit.urls
from django.urls import include, path
from django.utils.module_loading import import_string

urlpatterns = [
    *([path("desk/<str:act>", import_string("forum.desk.desk"))] if os.environ.get("FORUM_TEST") else []),
    path("webim/", include("nextim_site.django.urls")),
    path("", include(spirit.urls)),
]
