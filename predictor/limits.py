"""How much of a request is read."""

from rest_framework.exceptions import ParseError

# Of JSON: 200 strokes with 20,000 points are 800 lists with 60,000 numbers. Each list takes Python
# sixty bytes, though only three of the request.
MAX_LISTS = 10_000
MAX_VALUES = 200_000


def check_json(body: bytes) -> None:
    """Raises ParseError for what would fill the memory as objects."""
    lists = body.count(b"[") + body.count(b"{")
    if lists > MAX_LISTS or body.count(b",") > MAX_VALUES:
        raise ParseError(
            f"This JSON has more than {MAX_LISTS:,} lists and objects or {MAX_VALUES:,} values,"
            " which no request needs."
        )
