import pytest
from django.core.management import call_command
from django.db import connection

from predictor import maintenance
from predictor.models import Submission
from tests.support.samples import many

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL counts by itself"),
]
NEWEST = "SELECT stat FROM sqlite_stat1 WHERE idx = 'submission_newest'"


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(maintenance, "FEW", 100)
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS sqlite_stat1")


def counted() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE name = 'sqlite_stat1'")
        if not cursor.fetchone():
            return 0
        cursor.execute(NEWEST)
        return int((cursor.fetchone() or ["0"])[0].split()[0])


def test_drawings_are_counted_when_they_have_doubled():
    many(99)
    maintenance.run()
    assert counted() == 0
    many(60)
    maintenance.run()
    assert counted() == 159
    many(100)
    maintenance.run()
    assert counted() == 159
    many(100)
    maintenance.run()
    assert counted() == 359


def test_a_purge_and_a_migration_count_them_too():
    many(120)
    call_command("migrate", verbosity=0)
    assert counted() == 120
    call_command("purge_drawings", "--older-than", "0")
    assert counted() == 0
    assert not Submission.objects.exists()


def test_the_rarer_of_two_filters_is_taken():
    """Nearly all are doubtful, hardly any is agreed to."""
    many(300, confidence=0.5)
    many(2, confidence=0.5, visitor_label=7, is_digit=True, digit=7)
    both = Submission.objects.agreeing().low_confidence().only("pk")[:50]
    assert "submission_low_confidence" in both.explain()
    maintenance.run()
    connection.close()
    assert "submission_agreed" in both.explain()
