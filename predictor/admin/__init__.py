"""Django admin: lists, pages and actions. Reviewing many at once is in predictor/review.

No business rules: pages call labelling, erasure, registry and statistics.
"""

from django.contrib import admin

from predictor.admin import registry, submissions, users

__all__ = ["registry", "submissions", "users"]

admin.site.site_header = admin.site.site_title = "Digits"
