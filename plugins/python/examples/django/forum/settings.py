"""The settings of a forum made with django-spirit and django-friendship.

Owns: what the chat adds to Spirit's own settings. Must not: be used as it is: the key is written here.

The environment says where things are: `FORUM_DIR`, `FORUM_PORT`, `FORUM_TEST` (no limit on attempts to log in),
`NEXTIM_SERVER`, `NEXTIM_DOMAIN`, `NEXTIM_XMPP` and `NEXTIM_APIKEY`. With `DATABASE_SOCKET` and `DATABASE_USER`, which
`plugins/with-database` sets, the database is PostgreSQL; else it is SQLite.
"""

import os
from pathlib import Path

from spirit.extra.project_template.project_name.settings.base import *  # noqa: F403
from spirit.extra.project_template.project_name.settings.base import INSTALLED_APPS, MIDDLEWARE, TEMPLATES

_DIR = Path(os.environ.get("FORUM_DIR", "."))
_PORT = os.environ.get("FORUM_PORT", "8082")

ST_SITE_URL = f"http://127.0.0.1:{_PORT}/"
SECRET_KEY = "for a try only"
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "forum.urls"
WSGI_APPLICATION = None
LANGUAGE_CODE = "en"
STATIC_ROOT = _DIR / "static"
MEDIA_ROOT = _DIR / "media"
HAYSTACK_CONNECTIONS = {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}}
HAYSTACK_SIGNAL_PROCESSOR = "haystack.signals.BaseSignalProcessor"
CACHES = {name: {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"} for name in ("default", "st_rate_limit")}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
if os.environ.get("FORUM_TEST"):
    # The suite logs the same users in many times.
    CACHES["st_rate_limit"] = {"BACKEND": "django.core.cache.backends.dummy.DummyCache", "TIMEOUT": None}
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
if os.environ.get("DATABASE_SOCKET"):
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "nextim",
            "HOST": os.environ["DATABASE_SOCKET"],
            "USER": os.environ["DATABASE_USER"],
            # Each request is a transaction; the kit's view is left out.
            "ATOMIC_REQUESTS": True,
        }
    }
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": _DIR / "forum.sqlite",
            "OPTIONS": {"timeout": 5},
            "ATOMIC_REQUESTS": True,
        }
    }

# From here on, what the chat needs.
INSTALLED_APPS = [*INSTALLED_APPS, "friendship", "nextim_site.django"]
MIDDLEWARE = ["nextim_site.django.middleware.BarMiddleware", *MIDDLEWARE]
TEMPLATES = [{**TEMPLATES[0], "DIRS": [Path(__file__).with_name("templates")]}]
NEXTIM = {
    "SERVER": os.environ.get("NEXTIM_SERVER", "http://127.0.0.1:8000"),
    "DOMAIN": os.environ.get("NEXTIM_DOMAIN", "localhost"),
    "APIKEY": "public",
    "ORIGINS": [f"http://127.0.0.1:{_PORT}"],
    "HOST": "forum.host.SpiritHost",
    "INSERT": True,
    "EXCLUDE": ["/admin/", "/st/admin/", "/user/login/", "/user/register/"],
    "USER_LINKS": r"/user/(\d+)/",
    "XMPP": os.environ.get("NEXTIM_XMPP", ""),
    "PAGE": "chat.html",
    "JSONP_ORIGINS": [origin for origin in [os.environ.get("FORUM_JSONP")] if origin],
}
