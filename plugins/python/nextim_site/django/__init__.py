"""The part for sites made with Django: an app that is put into `INSTALLED_APPS` as `nextim_site.django`.

Owns: the names that a project uses. Must not: import models; Django loads this before there are any.
"""
