from django import template
from django.conf import settings

from digitsite import messages

register = template.Library()


@register.simple_tag
def all_languages() -> list[tuple[str, str]]:
    """Return their codes, and the name that each has for itself: Django would translate it."""
    return settings.LANGUAGES


@register.simple_tag
def messages_url() -> str:
    """Of what the page's scripts say, in its language; empty where they need nothing."""
    return messages.url()
