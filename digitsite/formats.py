"""Numbers as the current language writes them. static/js/shared/format.js has the browser's."""

from django.utils.formats import get_format, number_format
from django.utils.translation import gettext as _


def integer(number: int) -> str:
    """With its thousands set apart."""
    return number_format(number, force_grouping=True)


def decimal(number: float, digits: int) -> str:
    return number_format(round(number, digits), digits)


def signed(number: float, digits: int) -> str:
    sign = "+" if round(number, digits) >= 0 else "-"
    return sign + decimal(abs(number), digits)


def significant(number: float, digits: int) -> str:
    """With so many digits that count, and no zeros behind them."""
    return f"{number:.{digits}g}".replace(".", get_format("DECIMAL_SEPARATOR"))


def percent(proportion: float, digits: int = 1) -> str:
    # Translators: a percentage; some languages have a space before the sign.
    return _("%(number)s%%") % {"number": decimal(100 * proportion, digits)}
