"""What the site's scripts say, in each language."""

import hashlib
from functools import cache
from typing import cast

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe
from django.views.i18n import JavaScriptCatalog

YEAR = 365 * 24 * 3600  # seconds


@cache
def messages(language: str) -> tuple[str, bytes]:
    """Return the version of a language's messages, and the script that has them."""
    request = HttpRequest()
    request.method = "GET"
    view = JavaScriptCatalog.as_view(packages=["predictor"])  # Django's own are for its admin
    with translation.override(language):
        script = cast(HttpResponse, view(request)).content
    return hashlib.sha256(script).hexdigest()[:12], script


def url() -> str:
    """Of the current language's; empty for the source language, which needs none."""
    language = translation.get_language() or settings.LANGUAGE_CODE
    if language == settings.LANGUAGE_CODE:
        return ""
    return reverse("messages", args=[language, messages(language)[0]])


@require_safe
def catalog(request: HttpRequest, language: str, version: str) -> HttpResponse:
    if language not in dict(settings.LANGUAGES):
        raise Http404
    current, script = messages(language)
    response = HttpResponse(script, content_type="text/javascript")
    # While the site is renewed, another process may have other messages: those are not kept.
    if version == current:
        patch_cache_control(response, public=True, max_age=YEAR, immutable=True)
    return response
