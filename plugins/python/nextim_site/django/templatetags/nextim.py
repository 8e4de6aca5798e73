"""`{% load nextim %}{% nextim_bar %}`: the tag of the chat bar.

Owns: its place in templates. Must not: depend on the user; fragments of pages are cached.
"""

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from nextim_site import tag
from nextim_site.django.conf import config

register = template.Library()


@register.simple_tag
def nextim_bar() -> SafeString:
    """The script's tag, in the page's language. Its attributes are escaped."""
    return mark_safe(tag(config(), get_language() or ""))
