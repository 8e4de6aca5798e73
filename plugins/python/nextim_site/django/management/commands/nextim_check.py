"""`manage.py nextim_check`: tries all that the chat needs.

Owns: the order and the form of what is printed. Must not: print a key.
"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from nextim_site.django.attempts import ATTEMPTS, domain_table, gateway_lines


class Command(BaseCommand):
    """Tries the message server, the chat bar's script, the way back, and the tables."""

    help = (
        "Tries all that the chat needs: the message server, the script of the chat bar, the way back, and the tables."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Prints a line for each, and fails if one failed."""
        failed = 0
        for attempt in ATTEMPTS:
            outcome = attempt()
            failed += not outcome.is_passed
            paint, word = (self.style.SUCCESS, _("passed")) if outcome.is_passed else (self.style.ERROR, _("failed"))
            self.stdout.write(paint(f"{word}  {outcome.words}"))
        self.stdout.write("\n" + _("For the configuration of the message server:") + f"\n\n{domain_table()}")
        gateway = gateway_lines()
        if gateway:
            self.stdout.write(_("For the configuration of the gateway to XMPP:") + f"\n\n{gateway}")
        if failed:
            raise CommandError(_("%(failed)d of %(all)d failed") % {"failed": failed, "all": len(ATTEMPTS)})
