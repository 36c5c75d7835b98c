"""Tokens in Django admin: made, listed and revoked. Their secret is shown once."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from predictor.models import Token
from predictor.review.permissions import reviewer_of

SCOPES = ("may_submit", "may_predict", "may_export")
FACTS = ("hint", "created_at", "created_by", "last_used_on", "revoked_at")


@admin.register(Token)
class TokenAdmin(admin.ModelAdmin):
    fields = ("name", *SCOPES, "per_minute")
    list_display = ("name", "hint", *SCOPES, "created_by", "last_used_on", "revoked_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    list_select_related = ("created_by",)
    show_facets = admin.ShowFacets.NEVER
    actions = ("revoke",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (*self.fields, *FACTS) if obj else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (*SCOPES, *FACTS) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # it is revoked: what was done with it has its name

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
        else:
            obj.secret = obj.make(reviewer_of(request))

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the secret on this page alone: a redirect would have to keep it somewhere."""
        context = self.admin_site.each_context(request) | {
            "title": _("Token for %(name)s") % {"name": obj.name},
            "token": obj,
            "opts": self.opts,
        }
        response = TemplateResponse(request, "admin/predictor/token/made.html", context)
        add_never_cache_headers(response)
        return response

    @admin.action(description=_("Revoke the selected tokens"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Token]) -> None:
        count = sum(token.revoke(reviewer_of(request)) for token in queryset)
        text = ngettext("Revoked %(count)d token.", "Revoked %(count)d tokens.", count)
        self.message_user(request, text % {"count": count}, messages.SUCCESS)
