import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum

from predictor import synthetic
from predictor.models import DailyCount, LabelEvent, Submission, SubmissionCount
from tests.support.samples import stored

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch):
    monkeypatch.setattr(synthetic, "ORIGINALS", 20)
    monkeypatch.setattr(synthetic, "BATCH", 400)


def total(counter, column):
    return counter.objects.aggregate(total=Sum(column))["total"]


def test_an_empty_database_is_filled_with_drawings_of_all_digits(capsys):
    call_command("make_drawings", "1500")
    assert capsys.readouterr().out == "Made 1,500 drawings; there are 1,520 now.\n"
    drawings = Submission.objects.order_by("created_at").values_list("created_at", flat=True)
    assert 360 < (drawings[1499] - drawings[0]).days < 366
    assert len(set(Submission.objects.values_list("digit", flat=True))) > 8
    assert 50 < len(set(Submission.objects.values_list("visitor", flat=True))) < 100
    assert Submission.objects.disagreeing().exists()
    assert 75 < Submission.objects.reviewed().count() < 250
    assert Submission.objects.changed().exists()
    assert Submission.objects.reviewed().audited().exists()


def test_the_counters_have_counted_them():
    call_command("make_drawings", "1500")
    reviewed = Submission.objects.reviewed().count()
    assert reviewed == LabelEvent.objects.count() == total(DailyCount, "reviewed")
    assert total(DailyCount, "drawings") == total(SubmissionCount, "drawings") == 1520
    sevens = Submission.objects.filter(predicted=7)
    counted = SubmissionCount.objects.filter(predicted=7).aggregate(total=Sum("drawings"))
    assert sevens.count() == counted["total"] > 0


def test_where_there_are_drawings_they_are_copied_if_it_is_told_to(capsys):
    original = stored()
    with pytest.raises(CommandError, match="There are 1 drawings already"):
        call_command("make_drawings", "3")
    assert Submission.objects.count() == 1
    call_command("make_drawings", "3", "--force")
    same = ["drawing", "pixels", "probabilities", "confidence", "model_id", "predicted"]
    assert Submission.objects.count() == 4
    for copy in Submission.objects.all():
        assert [getattr(copy, name) for name in same] == [getattr(original, name) for name in same]


def test_a_public_site_is_left_alone(settings):
    settings.PUBLIC = True
    with pytest.raises(CommandError, match="public site"):
        call_command("make_drawings", "3")
    assert not Submission.objects.exists()


@pytest.mark.parametrize("count", ["0", "-1", "many", "²"])
def test_it_refuses_what_is_no_number(count):
    with pytest.raises(CommandError, match="number of drawings"):
        call_command("make_drawings", count)
