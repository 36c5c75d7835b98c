"""How much of a request is read."""

import re
from itertools import accumulate, islice

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError

from digitsite.formats import integer

# Of JSON: 200 strokes with 20,000 points are 800 lists with 60,000 numbers. Each list takes Python
# sixty bytes, though only three of the request.
MAX_LISTS = 10_000
MAX_VALUES = 200_000
MAX_DEPTH = 100
TOO_DEEP = _("This JSON is nested too deeply.")


def check_json(body: bytes) -> None:
    """Raises ParseError for what would fill the memory as objects."""
    lists = body.count(b"[") + body.count(b"{")
    if lists <= MAX_LISTS and body.count(b",") <= MAX_VALUES:
        return
    if is_deep(body):
        raise ParseError(TOO_DEEP)
    text = gettext(
        "This JSON has more than %(lists)s lists and objects or %(values)s values, which no request"
        " needs."
    )
    raise ParseError(text % {"lists": integer(MAX_LISTS), "values": integer(MAX_VALUES)})


def is_deep(body: bytes) -> bool:
    """Whether its first lists and objects lie in one another."""
    brackets = islice(re.finditer(rb"[][{}]", body), MAX_LISTS)
    depths = accumulate(1 if found[0] in b"[{" else -1 for found in brackets)
    return max(depths, default=0) > MAX_DEPTH
