from django import template

register = template.Library()


@register.filter
def percent(proportion: float) -> str:
    """Never a round 0 or 100: the network is never that sure. As in static/js/shared/format.js."""
    if proportion > 0.999:
        return "over 99.9%"
    if proportion < 0.001:
        return "under 0.1%"
    return f"{proportion:.1%}"
