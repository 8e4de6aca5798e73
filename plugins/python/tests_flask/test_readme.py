"""The site of the README.

Owns: that it runs as it stands there, up to the first message. Must not: need a message server; what is sent waits.
"""

from __future__ import annotations

import os
import re
import tempfile
import unittest
from pathlib import Path
from typing import Any

README = Path(__file__).parents[1] / "README.md"
OWN = {"Origin": "http://127.0.0.1:5000"}


class Readme(unittest.TestCase):
    def test_its_site_takes_a_first_message(self) -> None:
        section = README.read_text(encoding="utf-8").split("## Flask")[1]
        program = re.findall(r"```python\n(.*?)```", section, re.DOTALL)[0].replace(":8000", ":1")
        found: dict[str, Any] = {"__name__": "forum"}
        self.addCleanup(os.chdir, os.getcwd())
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            exec(compile(program, "forum.py", "exec"), found)
            alice, bob = found["app"].test_client(), found["app"].test_client()
            self.assertIn(b"webim.js", alice.get("/log_in/alice", follow_redirects=True).data)
            cookie = alice.get_cookie("nextim_user", domain="localhost")
            self.assertEqual(cookie and cookie.value, "alice")
            bob.get("/log_in/bob")
            kind = "application/x-www-form-urlencoded"
            sent = alice.post("/webim/message", data="to=bob&body=hello&cid=1", content_type=kind, headers=OWN)
            self.assertEqual(sent.json["status"], "ok")
            missed = bob.post("/webim/missed", data="since=0", content_type=kind, headers=OWN)
            self.assertEqual([line["body"] for line in missed.json["new_messages"]], ["hello"])
