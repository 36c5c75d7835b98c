"""What the pages of the admin share."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

MAX_ROWS = 10_000  # that are counted, paged through, labelled or deleted at once


class CappedPaginator(Paginator):
    @cached_property
    def count(self) -> int:
        """Up to MAX_ROWS: to count a million takes longer than to show a page of them."""
        rows: QuerySet[Any] = self.object_list[:MAX_ROWS]  # type: ignore[assignment]  # the stubs allow lists too
        return rows.count()  # in order, so that the same index does


def by_id(queryset: QuerySet[Any], field: str, text: str) -> QuerySet[Any]:
    """What a search for an id finds: all where nothing is searched for, none for what is no id."""
    try:
        return queryset.filter(**{field: UUID(text)}) if text else queryset
    except ValueError:
        return queryset.none()


class ReadOnly(admin.ModelAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
