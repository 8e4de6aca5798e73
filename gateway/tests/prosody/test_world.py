"""The programs that the tests start.

Owns: that none is left. Must not: log a member in.
"""

from __future__ import annotations

import sys
import unittest

from .world import World, listens


class Broken(World):
    """A site that ends at once."""

    def site_command(self) -> list:
        Broken.ports_of_last = self.ports
        return [sys.executable, "-c", "print('no database')"]


class Programs(unittest.TestCase):
    def test_of_a_program_that_ends_at_once_the_log_is_shown_and_no_other_is_left(self) -> None:
        with self.assertRaisesRegex(AssertionError, "no database"):
            Broken()
        self.assertFalse(listens(Broken.ports_of_last["im"]))


if __name__ == "__main__":
    unittest.main()
