from django import template

register = template.Library()


@register.filter
def percent(share: float) -> str:
    """Never a round 0 or 100: the network is never that sure. Written the same in draw.js."""
    if share > 0.999:
        return "over 99.9\N{NO-BREAK SPACE}%"
    if share < 0.001:
        return "under 0.1\N{NO-BREAK SPACE}%"
    return f"{share:.1%}".replace("%", "\N{NO-BREAK SPACE}%")
