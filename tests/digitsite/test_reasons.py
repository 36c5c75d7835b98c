"""Each way in which a database fails is told as what it is, and never as a 500."""

import pytest
from django.db import connection, transaction
from django.test import Client

from digitsite.backends import reasons
from tests.support.samples import text

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def read_only():
    sqlite = connection.vendor == "sqlite"
    on, off = (
        ("PRAGMA query_only = ON", "PRAGMA query_only = OFF")
        if sqlite
        else ("SET default_transaction_read_only = on", "SET default_transaction_read_only = off")
    )
    with connection.cursor() as cursor:
        cursor.execute(on)
    yield
    with connection.cursor() as cursor:
        cursor.execute(off)


@pytest.fixture(autouse=True)
def unlimited(monkeypatch):
    monkeypatch.setattr("predictor.api.throttling.SubmitThrottle.rate", None, raising=False)


def submit():
    body = {"image": text(), "strokes": [[[1.5] * 9000, [2.5] * 9000]]}
    return Client().post("/api/v1/submissions/", body, "application/json")


def test_one_that_can_only_be_read(read_only, caplog, monkeypatch):
    monkeypatch.setattr("predictor.api.health._next_write", 0.0)
    answer = submit()
    assert answer.status_code == 503
    assert answer.json()["detail"] == reasons.READ_ONLY.for_visitors
    assert answer.headers["Retry-After"] == "5"
    assert "read" in caplog.text and "only" in caplog.text
    health = Client().get("/healthz")
    assert health.status_code == 503
    assert (health.json()["database"], health.json()["writable"]) == (True, False)
    assert health.json()["problems"] == [reasons.READ_ONLY.for_visitors]


def test_one_without_its_tables():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE predictor_submission RENAME TO elsewhere")
    try:
        assert submit().json()["detail"] == reasons.NOT_READY.for_visitors
        page = Client(raise_request_exception=False).get("/admin/", follow=True)
        assert page.status_code == 200
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE elsewhere RENAME TO predictor_submission")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite can be kept from growing")
def test_one_that_can_not_grow():
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # what others have erased would be filled first
        cursor.execute("PRAGMA max_page_count = 1")
    try:
        answer = next(answer for answer in iter(submit, None) if answer.status_code != 201)
        assert answer.status_code == 503
        assert answer.json()["detail"] == reasons.FULL.for_visitors
    finally:
        connection.close()


def test_what_is_the_fault_of_the_site_is_none_of_them():
    with pytest.raises(Exception) as failure, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO predictor_dailycount (day) VALUES (NULL)")
    assert reasons.reason(failure.value) is None
    assert reasons.reason(ValueError()) is None
