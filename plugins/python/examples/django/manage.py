"""`python examples/django/manage.py`: the forum Spirit with the chat bar.

Owns: the name of the settings. Must not: have settings.
"""

import os
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]

if __name__ == "__main__":
    from django.core.management import execute_from_command_line

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "forum.settings")
    execute_from_command_line(sys.argv)
