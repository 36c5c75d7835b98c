import pytest
from django.core.management import call_command

from predictor.models import ModelVersion
from predictor.registry import serving

pytestmark = pytest.mark.django_db


def test_it_lists_them_and_says_which_is_active(capsys, django_assert_num_queries):
    active = serving.network().version
    ModelVersion.objects.create(
        version="untried", metadata={}, parent_id=active, tflite=b"", keras=b""
    )
    with django_assert_num_queries(1):
        call_command("list_models")
    head, first, second, last = capsys.readouterr().out.splitlines()
    assert head.split() == ["network", "added", "fine-tuned", "from", "MNIST", "pens"]
    assert first.split()[0] == "untried" and first.split()[-1] == active
    assert second.split()[:2] == ["*", active] and "%" in second
    assert last == f"Listed 2 networks; active: {active}."


def test_it_lists_none(capsys):
    ModelVersion.objects.all().delete()
    call_command("list_models")
    assert capsys.readouterr().out.endswith("Listed 0 networks; active: none.\n")
