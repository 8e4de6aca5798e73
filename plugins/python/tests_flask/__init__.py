"""The tests of the Flask part, which need Flask: `python -m unittest discover -t . -s tests_flask`."""
