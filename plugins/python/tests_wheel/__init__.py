"""The tests of the wheel, which need pip 22.3:

python -m unittest discover -t . -s tests_wheel
"""
