import pytest
from django.utils import translation

from digitsite.formats import decimal, integer, percent, signed, significant

NBSP = "\xa0"


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en-gb", ["1,234,567", "0.50", "+1.2", "-1.2", "99.62%", "0.05"]),
        ("de", ["1.234.567", "0,50", "+1,2", "-1,2", f"99,62{NBSP}%", "0,05"]),
        ("es", [f"1{NBSP}234{NBSP}567", "0,50", "+1,2", "-1,2", f"99,62{NBSP}%", "0,05"]),
        ("fr", [f"1{NBSP}234{NBSP}567", "0,50", "+1,2", "-1,2", f"99,62{NBSP}%", "0,05"]),
    ],
)
def test_numbers_are_written_as_the_language_does(language, written):
    with translation.override(language):
        assert written == [
            integer(1_234_567),
            decimal(0.499999, 2),
            signed(1.234, 1),
            signed(-1.234, 1),
            percent(0.9962, 2),
            significant(0.0499999, 2),
        ]


def test_what_rounds_to_nothing_has_no_minus():
    assert signed(-0.0001, 1) == "+0.0"
