"""The tests of the kit: `python -m unittest discover -t . -s tests`."""
