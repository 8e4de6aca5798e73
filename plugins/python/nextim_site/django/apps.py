"""The app.

Owns: what runs when Django has loaded all apps. Must not: use the database.
"""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.core.checks import register
from django.db.models.signals import post_migrate


class NextIMConfig(AppConfig):
    """`nextim_site.django` in `INSTALLED_APPS`."""

    name = "nextim_site.django"
    label = "nextim"
    verbose_name = "NextIM"

    def ready(self) -> None:
        """Connects checks and signals."""
        from . import checks, signals

        register(checks.check)
        signals.connect()
        post_migrate.connect(_migrate, sender=self)


def _migrate(using: str, **_: Any) -> None:
    from nextim_site.migrate import migrate

    from .conf import alias, database

    if using == alias():
        migrate(database())
