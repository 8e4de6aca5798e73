"""The wheel that `plugins/pack` makes, installed as a site owner does.

Owns: that it holds the whole kit, is the same each time, and runs where nothing else is. Must not: import the kit,
which would be that of this folder.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROGRAM = """
import sqlite3
from nextim_site import Config, DbApi, Handler, Host, Im, Request
from nextim_site.wsgi import Application

class Site(Host):
    def me(self, request):
        return None

    def people(self, ids, uids):
        return ()

    contacts = people

    rooms = people

host = Site()
config = Config("http://127.0.0.1:1", "forum.example", "the key")
handler = Handler(host, DbApi(lambda: sqlite3.connect("kit.sqlite"), "sqlite"), Im(config, host.log), config)
seen = []
environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/webim/rooms"}
Application(handler, None)(environ | {"wsgi.input": None}, lambda status, headers: seen.append(status))
print(*seen)
"""

TRANSLATED = """
import django
from django.conf import settings
settings.configure(INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "nextim_site.django"])
django.setup()
from django.utils import translation
import nextim_site
assert "target" in nextim_site.__file__, nextim_site.__file__
for language in ("en", "zh-hans", "zh-hant"):
    with translation.override(language):
        print(translation.gettext("Please log in."))
"""


def run(*command: str | Path, folder: Path, path: str = "") -> str:
    """What a command prints."""
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
    )
    if done.returncode:
        raise AssertionError(done.stdout)
    return done.stdout


class Wheel(unittest.TestCase):
    def test_it_is_whole_and_the_same_each_time_and_runs(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for part in ("one", "two"):
                run(sys.executable, ROOT.parent / "pack", folder / part, folder=folder)
            wheels = sorted(folder.glob("*/*.whl"))
            self.assertEqual(wheels[0].read_bytes(), wheels[1].read_bytes())
            with zipfile.ZipFile(wheels[0]) as archive:
                packed = set(archive.namelist())
            kept = {
                path.relative_to(ROOT).as_posix()
                for path in (ROOT / "nextim_site").rglob("*")
                if path.is_file() and path.suffix not in (".pyc", ".mo")
            }
            self.assertEqual(kept - packed, set())
            run(sys.executable, "-m", "venv", "--without-pip", "venv", folder=folder)
            python = folder / "venv/bin/python"
            pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python)
            run(*pip, "install", "--no-index", wheels[0], folder=folder)
            self.assertIn("401", run(python, "-c", PROGRAM, folder=folder))
            run(*pip, "check", folder=folder)
            # Django is with this interpreter.
            with zipfile.ZipFile(wheels[0]) as archive:
                archive.extractall(folder / "target")
            words = run(sys.executable, "-c", TRANSLATED, folder=folder, path=str(folder / "target"))
            self.assertEqual(words.split("\n"), ["Please log in.", "请登录。", "請登入。", ""])
