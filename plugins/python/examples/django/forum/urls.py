"""The addresses of the forum.

Owns: that the endpoints come before Spirit's pages. Must not: have a view.
"""

import spirit.urls
from django.urls import include, path

urlpatterns = [
    path("webim/", include("nextim_site.django.urls")),
    path("", include(spirit.urls)),
]
