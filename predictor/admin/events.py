"""What was done to the site, by whom and when. Here too it can only be read."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from predictor.admin.base import CappedPaginator, ReadOnly
from predictor.models import SiteEvent


@admin.register(SiteEvent)
class SiteEventAdmin(ReadOnly):
    list_display = ("at", "who", "action", "facts")
    list_display_links = None
    list_filter = ("action",)
    search_fields = ("who",)
    search_help_text = _("Who did it.")
    paginator = CappedPaginator
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    sortable_by = ()

    @admin.display(description=_("details"))
    def facts(self, obj: SiteEvent) -> str:
        return ", ".join(f"{name}: {text(value)}" for name, value in obj.details.items())


def text(value: Any) -> str:
    match value:
        case dict():
            return ", ".join(f"{name} {text(each)}" for name, each in value.items() if each)
        case list():
            return ", ".join(map(text, value))
    return str(value)
