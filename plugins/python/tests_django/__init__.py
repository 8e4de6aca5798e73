"""The tests of the Django part, which need Django and django-friendship:

python -m unittest discover -t . -s tests_django
"""

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="for tests",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:", "ATOMIC_REQUESTS": True}},
    INSTALLED_APPS=[
        *("django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions"),
        *("friendship", "nextim_site.django"),
    ],
    MIDDLEWARE=[
        "nextim_site.django.middleware.BarMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    ROOT_URLCONF="tests_django.urls",
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    ALLOWED_HOSTS=["testserver"],
    USE_TZ=True,
    NEXTIM={
        "SERVER": "http://127.0.0.1:1",
        "DOMAIN": "forum.example",
        "APIKEY": "key",
        "ORIGINS": ["https://forum.example"],
        "HOST": "nextim_site.django.hosts.FriendshipHost",
        "INSERT": True,
        "EXCLUDE": ["/plain/"],
        "XMPP": "login.example",
    },
)
django.setup()
