from datetime import UTC, datetime
from typing import Any, cast

from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request


class NewestFirst(CursorPagination):
    page_size = 50
    ordering = ("-created_at", "-id")

    def decode_cursor(self, request: Request) -> Cursor | None:
        """REST framework hands the position to the database as it came, whatever it is."""
        cursor: Any = super().decode_cursor(request)
        if cursor is None or cursor.position is None:
            return cast(Cursor | None, cursor)
        try:
            position = datetime.fromisoformat(cursor.position).astimezone(UTC)
        except (ValueError, OverflowError):
            raise NotFound(self.invalid_cursor_message) from None
        return cast(Cursor, cursor._replace(position=position.isoformat()))
