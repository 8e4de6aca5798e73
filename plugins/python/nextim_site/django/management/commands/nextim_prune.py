"""`manage.py nextim_prune DAYS`: removes messages that are older. For a daily job.

Owns: the repetition. Must not: hold a transaction over more than one step.
"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _

from nextim_site import prune
from nextim_site.django.conf import handler


class Command(BaseCommand):
    """Removes old messages."""

    help = "Removes messages that are older than this many days."

    def add_arguments(self, parser: CommandParser) -> None:
        """The age."""
        parser.add_argument("days", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        """Repeats until nothing is left to remove."""
        removed = 0
        while step := prune(handler().plugin, options["days"]):
            removed += step
        self.stdout.write(_("%(count)d messages removed") % {"count": removed})
