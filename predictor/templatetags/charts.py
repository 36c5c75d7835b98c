from typing import Any

from django import template

from predictor.statistics import Proportion

register = template.Library()


@register.inclusion_tag("admin/predictor/interval.html")
def interval(
    proportion: Proportion, start: float = 0.0, mark: float | None = None
) -> dict[str, Any]:
    """Draw a proportion and its interval on a line from start to 1, and perhaps a mark."""
    return {"proportion": proportion, "start": start, "width": 1 - start, "mark": mark}
