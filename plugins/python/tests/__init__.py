"""The tests of the kit: `python -m unittest`."""
