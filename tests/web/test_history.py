import re
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from predictor.api.pagination import NewestFirst
from predictor.models import Label, Submission
from tests.support.samples import SEVEN, labelled, stored
from tests.support.visitors import known

PAGE = reverse("predictor:history")
pytestmark = pytest.mark.django_db

# Whatever the network of the day makes of it.
seven = partial(stored, digit=7, is_digit=True)


def shown(response) -> list[str]:
    """The ids of the drawings on the page, in its order."""
    return re.findall(r'<a href="/history/([0-9a-f-]{36})/">', response.content.decode())


def ids(*drawings) -> set[str]:
    return {str(drawing.pk) for drawing in drawings}


def review(drawing, label) -> None:
    reviewer, _ = User.objects.get_or_create(username="reviewer")
    labelled(drawing, label, reviewer)


def test_it_shows_the_visitors_own_drawings_newest_first(client):
    visitor = known(client)
    now = timezone.now()
    old, new, middle = (seven(visitor, created_at=now - timedelta(days=days)) for days in (9, 1, 5))
    seven(uuid4())
    assert shown(client.get(PAGE)) == [str(drawing.pk) for drawing in (new, middle, old)]


def test_it_shows_prediction_claim_and_label(client):
    drawing = seven(known(client), confidence=0.95, visitor_label=1)
    review(drawing, Label.NOT_A_DIGIT)
    page = re.sub(r"[ \n]+", " ", client.get(PAGE).content.decode())
    assert "<strong>A 7</strong>" in page
    assert "95.0% sure" in page
    assert "You said: <b>1</b>" in page
    assert "Checked: <b>not a digit</b>" in page


def test_it_has_a_kind_word_for_who_has_drawn_nothing(client):
    response = client.get(PAGE)
    assert "Nothing here yet" in response.content.decode()
    assert "visitor" not in response.cookies


def test_it_has_a_way_out_of_filters_that_nothing_passes(client):
    seven(known(client))
    page = client.get(PAGE, {"digit": 3}).content.decode()
    assert "None of your drawings is like that" in page
    assert "Show all" in page


def test_it_filters_by_what_the_visitor_says_or_else_by_what_was_read(client):
    visitor = known(client)
    zero = stored(visitor, digit=0, is_digit=True)
    scribble = stored(visitor, digit=0, is_digit=False)
    said_to_be_zero = seven(visitor, visitor_label=0)
    seven(visitor)
    assert set(shown(client.get(PAGE, {"digit": 0}))) == ids(zero, said_to_be_zero)
    assert shown(client.get(PAGE, {"digit": Label.NOT_A_DIGIT})) == [str(scribble.pk)]


def test_it_filters_by_right_and_wrong_and_not_said(client):
    visitor = known(client)
    unsaid = seven(visitor)
    right, wrong = seven(visitor, visitor_label=7), seven(visitor, visitor_label=1)
    assert shown(client.get(PAGE, {"outcome": "right"})) == [str(right.pk)]
    assert shown(client.get(PAGE, {"outcome": "wrong"})) == [str(wrong.pk)]
    assert shown(client.get(PAGE, {"outcome": "unsaid"})) == [str(unsaid.pk)]
    assert shown(client.get(PAGE, {"outcome": "wrong", "digit": 1})) == [str(wrong.pk)]
    assert not shown(client.get(PAGE, {"outcome": "wrong", "digit": 7}))


def words(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", response.content.decode()))


def test_it_sums_up_what_the_visitor_says_and_which_digit_is_hardest(client):
    visitor = known(client)
    seven(visitor)
    assert "1 drawn Filter" in words(client.get(PAGE)).replace("All", "Filter")
    for said, drawings in ((7, 4), (5, 2), (1, 1)):
        for _ in range(drawings):
            seven(visitor, visitor_label=said)
    seven(uuid4(), visitor_label=3)
    assert "8 drawn, 4 right, 1 not said, hardest: your 5" in words(client.get(PAGE))


def test_its_filters_say_how_many_each_leaves(client):
    visitor = known(client)
    seven(visitor)
    for said in (7, 1, 1):
        seven(visitor, visitor_label=said)
    everything = words(client.get(PAGE))
    assert "All 4 Right 1 Wrong 2 Not said 1" in everything
    assert "Any digit 4 1 2 7 2 " in everything
    ones = client.get(PAGE, {"digit": 1})
    assert "All 2 Wrong 2 Any digit 4 1 2 7 2 " in words(ones)
    assert 'href="/history/?digit=1&amp;outcome=wrong"' in ones.content.decode()
    assert len(shown(client.get(PAGE, {"digit": 1, "outcome": "wrong"}))) == 2


@pytest.mark.parametrize(
    ("zone", "day", "time"),
    [
        ("Asia/Tokyo", "Monday, 2 March 2026", "01:30 JST"),
        *((zone, "Sunday, 1 March 2026", "16:30 UTC") for zone in ("", "No/Where", "../x", "Asia")),
        ("x" * 1000, "Sunday, 1 March 2026", "16:30 UTC"),
    ],
)
def test_its_days_are_the_visitors_own_or_else_the_sites(client, zone, day, time):
    visitor = known(client)
    for hour in (16, 2):
        seven(visitor, created_at=datetime(2026, 3, 1, hour, 30, tzinfo=UTC))
    client.cookies["timezone"] = zone
    page = client.get(PAGE).content.decode()
    assert re.findall(r"<h2>(.+?)</h2>", page)[0] == day
    assert len(re.findall(r"<h2>", page)) == (2 if zone == "Asia/Tokyo" else 1)
    assert time in page


def test_it_shows_strokes_and_where_there_are_none_the_picture(client):
    visitor = known(client)
    seven(visitor)
    assert "drawing.png" in client.get(PAGE).content.decode()
    Submission.objects.update(strokes=SEVEN, widths=[10])
    page = client.get(PAGE).content.decode()
    assert "drawing.png" not in page
    assert 'stroke-width="10"' in page
    assert 'data-start="0" data-duration="500"' in page


@pytest.mark.parametrize(
    "query", ["digit=99", "digit=11", "digit=x", "digit=%00", "outcome=maybe", "digit=&outcome="]
)
def test_a_filter_that_makes_no_sense_filters_nothing(client, query):
    drawing = seven(known(client))
    assert shown(client.get(f"{PAGE}?{query}")) == [str(drawing.pk)]


def test_its_pages_lead_to_every_drawing_once_and_back(client):
    visitor = known(client)
    # In pairs of the same moment, one of which the end of the page cuts apart.
    drawings = store_many(visitor, NewestFirst.page_size + 3)
    first = client.get(PAGE, {"digit": 7})
    assert "Newer" not in first.content.decode()
    second = client.get(link(first, "Older"))
    assert "Older" not in second.content.decode()
    seen = shown(first) + shown(second)
    assert len(seen) == len(drawings)
    assert set(seen) == ids(*drawings)
    assert shown(client.get(link(second, "Newer"))) == shown(first)


def store_many(visitor, count) -> list[Submission]:
    start = timezone.now()
    moments = [start - timedelta(minutes=(i + 1) // 2) for i in range(count)]
    return [seven(visitor, created_at=moment) for moment in moments]


def link(response, text) -> str:
    return re.search(rf'href="([^"]+)"[^>]*>{text}<', response.content.decode())[1].replace(
        "&amp;", "&"
    )


@pytest.mark.parametrize("cursor", ["x", "cD1ub25zZW5zZQ==", "bz0tMQ==", "cD0yMDI2"])
def test_a_cursor_that_makes_no_sense_is_no_page(client, cursor):
    seven(known(client))
    assert client.get(f"{PAGE}?cursor={cursor}").status_code == 404


@pytest.mark.parametrize("cursor", ["", "%00"])
def test_an_empty_cursor_is_the_first_page(client, cursor):
    row = seven(known(client))
    assert shown(client.get(f"{PAGE}?cursor={cursor}")) == [str(row.pk)]


def test_it_takes_two_queries_without_pictures_or_offsets(client):
    visitor = known(client)
    store_many(visitor, NewestFirst.page_size + 3)
    with CaptureQueriesContext(connection) as queries:
        client.get(PAGE, {"outcome": "wrong"})
        client.get(PAGE)
    assert len(queries) == 4
    for query in queries:
        assert not re.search(r'"(drawing|pixels)"|OFFSET', query["sql"])


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL decides by its statistics")
def test_its_sum_is_counted_in_the_index_alone(client):
    plan = Submission.objects.of(known(client)).counts().explain()
    assert "USING COVERING INDEX submission_history (visitor=?)" in plan


def test_it_is_kept_by_no_cache(client):
    assert "no-store" in client.get(PAGE)["Cache-Control"]


def test_it_takes_no_post(client):
    assert client.post(PAGE).status_code == 405
