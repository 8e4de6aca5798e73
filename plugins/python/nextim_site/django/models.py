"""No models: the kit has its tables, which `manage.py migrate` makes.

Owns: that Django tells the app of a migration; it passes by apps without this file. Must not: have a model.
"""
