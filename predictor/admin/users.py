"""Users in Django admin: whoever has labelled drawings can be shut out, and not deleted."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.translation import gettext as _

from predictor.models import LabelEvent

admin.site.unregister(User)


@admin.register(User)
class ReviewersToo(UserAdmin):
    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, ...]:
        """Without Django's list of all that keeps them, which may be a million labels."""
        kept = [user for user in objs if LabelEvent.objects.filter(actor=user).exists()]
        if not kept:
            return super().get_deleted_objects(objs, request)
        sentence = _(
            "%(user)s has labelled drawings, and stays in their history: make it inactive instead."
        )
        return [], {}, set(), [sentence % {"user": user} for user in kept]
