"""What users read, in English and Chinese.

Owns: that each text has its translations. Must not: need the compiled files, which only the wheel has.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

from nextim_site import django
from nextim_site.django.hosts import AuthHost
from nextim_site.http import Refusal

from .test_django import OWN, Case

SOURCES = Path(django.__file__).parents[1]
_CALLS = {"_", "gettext", "bad", "forbidden", "too_many", "unavailable", "not_found", "Refusal", "words"}


def texts() -> set[str]:
    """The texts for users in the sources. Names of parameters, and what the message server reads, begin small."""
    found = {"passed", "failed"}
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CALLS:
                found |= {
                    one.value
                    for one in node.args
                    if isinstance(one, ast.Constant) and isinstance(one.value, str) and re.match(r"[A-Z%]", one.value)
                }
    return found


class Words(Case):
    def test_each_text_has_its_translations(self) -> None:
        for language in ("zh_Hans", "zh_Hant"):
            with self.subTest(language):
                po = Path(SOURCES, "django/locale", language, "LC_MESSAGES/django.po").read_text()
                pairs = dict(re.findall(r'^msgid "(.+)"\nmsgstr "(.+)"$', po, re.MULTILINE))
                self.assertEqual(set(pairs), texts())
                for text, translation in pairs.items():
                    marks = r"%(?:\(\w+\))?[sd]"
                    self.assertEqual(sorted(re.findall(marks, text)), sorted(re.findall(marks, translation)))

    def test_a_refusal_is_in_the_language_of_the_request(self) -> None:
        words = AuthHost.words
        self.addCleanup(setattr, AuthHost, "words", words)
        setattr(AuthHost, "words", lambda self, text: f"<{text}>")  # noqa: B010  # mypy lets no method be set
        self.client.force_login(self.alice)
        kind = "application/x-www-form-urlencoded"
        form = f"to={self.alice.pk}&body=x"
        answer = self.client.post("/webim/message", form, kind, headers={"origin": OWN})
        self.assertEqual((answer.status_code, answer.json()["error"]), (403, "<You cannot write to yourself.>"))

    def test_names_stand_in_the_translation(self) -> None:
        refusal = Refusal(403, "You have blocked %s.", "100 % bob")
        self.assertEqual(refusal.words(str), "You have blocked 100 % bob.")
        self.assertEqual(Refusal(403, "100 %").words(str), "100 %")
