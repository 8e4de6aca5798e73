"""The address of the endpoints: `path("webim/", include("nextim_site.django.urls"))`.

Owns: the name of the route. Must not: know the path before it.
"""

from django.urls import path

from .views import endpoint

app_name = "nextim"
urlpatterns = [path("<str:name>", endpoint, name="endpoint")]
