from typing import Any

from django import template

from predictor.dashboard import Share

register = template.Library()


@register.inclusion_tag("admin/predictor/interval.html")
def interval(share: Share, start: float = 0.0, mark: float | None = None) -> dict[str, Any]:
    """A share and its bounds on a line from start to 1; mark is where it should have been."""
    return {"share": share, "start": start, "width": 1 - start, "mark": mark}
