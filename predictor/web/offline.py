"""What browsers need to install the site, and to draw and read on it without a line."""

import json

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

# The newest of them where there is a line.
CHANGING = ("predictor:draw", "predictor:ten", "predictor:active_network")
GROUND = "#f4f1ea"  # as in static/css/base.css
ICONS = [("icon-192.png", 192, "any"), ("icon-512.png", 512, "any")]
ICONS += [("icon-maskable-512.png", 512, "maskable")]


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    start = reverse("predictor:draw")
    icons = [
        {
            "src": static(f"img/{name}"),
            "sizes": f"{side}x{side}",
            "type": "image/png",
            "purpose": purpose,
        }
        for name, side, purpose in ICONS
    ]
    facts = {
        "name": _("Digits"),
        "description": _("Draw a digit and see which one the network reads."),
        "start_url": start,
        "scope": start,
        "display": "standalone",
        "background_color": GROUND,
        "theme_color": GROUND,
        "icons": icons,
    }
    return JsonResponse(facts, content_type="application/manifest+json")


@require_safe
@cache_control(no_cache=True)
def service_worker(request: HttpRequest) -> HttpResponse:
    """At the root, since a worker serves only what lies below it. Another one after each deploy."""
    site = {
        "version": getattr(staticfiles_storage, "manifest_hash", ""),
        "changing": [reverse(name) for name in CHANGING],
        # What never changes under its address.
        "kept": [
            settings.STATIC_URL,
            f"{reverse('predictor:draw')}networks/",
            reverse("set_language"),
        ],
    }
    rest = static("js/offline.js")
    script = f"self.site = {json.dumps(site)}; importScripts({json.dumps(rest)});"
    return HttpResponse(script, content_type="text/javascript")
