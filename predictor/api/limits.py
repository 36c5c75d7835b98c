"""How much of a request is read."""

import re
from itertools import accumulate, islice

from rest_framework.exceptions import ParseError

# Of JSON: 200 strokes with 20,000 points are 800 lists with 60,000 numbers. Each list takes Python
# sixty bytes, though only three of the request.
MAX_LISTS = 10_000
MAX_VALUES = 200_000
MAX_DEPTH = 100
TOO_DEEP = "This JSON is nested too deeply."


def check_json(body: bytes) -> None:
    """Raises ParseError for what would fill the memory as objects."""
    lists = body.count(b"[") + body.count(b"{")
    if lists <= MAX_LISTS and body.count(b",") <= MAX_VALUES:
        return
    if is_deep(body):
        raise ParseError(TOO_DEEP)
    raise ParseError(
        f"This JSON has more than {MAX_LISTS:,} lists and objects or {MAX_VALUES:,} values,"
        " which no request needs."
    )


def is_deep(body: bytes) -> bool:
    """Whether its first lists and objects lie in one another."""
    brackets = islice(re.finditer(rb"[][{}]", body), MAX_LISTS)
    depths = accumulate(1 if found[0] in b"[{" else -1 for found in brackets)
    return max(depths, default=0) > MAX_DEPTH
