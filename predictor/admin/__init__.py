"""Django admin: lists, pages and actions. Reviewing many at once is in predictor/review.

No business rules: pages call labelling, erasure, registry and statistics.
"""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from predictor.admin import events, registry, submissions, tokens, users

__all__ = ["events", "registry", "submissions", "tokens", "users"]

admin.site.site_header = admin.site.site_title = _("Digits")
