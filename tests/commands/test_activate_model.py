import pytest
from django.core.management import CommandError, call_command

from predictor.models import Activation, Comparison, ModelVersion
from predictor.registry import serving
from tests.support.networks import reviewed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data")]


def active() -> str:
    return ModelVersion.objects.active().get().version


@pytest.fixture
def worse(good, bad):
    reviewed(good, [1] * 6)
    return bad


def test_it_activates_one_that_is_not_worse(good, bad, capsys, monkeypatch):
    call_command("activate_model", "bad")  # nothing shows yet that it is bad
    monkeypatch.setattr(serving, "_next_check", 0.0)
    assert active() == serving.network().version == "bad"
    activation = Activation.objects.first()
    assert (activation.model_version, activation.actor, activation.forced_because) == (
        bad,
        None,
        "",
    )
    assert Comparison.objects.get().new == bad
    assert capsys.readouterr().out.endswith(
        "Activated 1 network: bad. Every process switches to it within ten seconds.\n"
    )


def test_it_refuses_a_worse_one(good, worse):
    with pytest.raises(CommandError, match="It is worse on reviewed drawings.*add --force"):
        call_command("activate_model", "bad")
    assert active() == good.version
    assert Activation.objects.count() == 1


def test_it_can_be_forced_and_keeps_why(good, worse):
    call_command("activate_model", "bad", "--force", " to see it fail ")
    assert active() == "bad"
    assert Activation.objects.first().forced_because == "to see it fail"


@pytest.mark.parametrize("reason", ["", "  "])
def test_forcing_needs_a_reason(good, worse, reason):
    with pytest.raises(CommandError, match="Give the reason"):
        call_command("activate_model", "bad", "--force", reason)
    assert active() == good.version


def test_going_back_asks_nothing(good, worse):
    call_command("activate_model", "bad", "--force", "to see it fail")
    Comparison.objects.all().delete()
    call_command("activate_model", good.version)
    assert active() == good.version
    assert not Comparison.objects.exists()


def test_one_that_was_forced_is_held_up_again(good, worse):
    call_command("activate_model", "bad", "--force", "to see it fail")
    call_command("activate_model", good.version)
    with pytest.raises(CommandError, match="It is worse"):
        call_command("activate_model", "bad")


def test_activating_the_active_one_changes_nothing(good, capsys):
    call_command("activate_model", good.version)
    assert capsys.readouterr().out == f"{good} is active already: activated 0 networks.\n"
    assert Activation.objects.count() == 1


def test_one_that_can_not_serve_is_never_activated(good, bad):
    ModelVersion.objects.filter(pk="bad").update(tflite=b"damaged")
    with pytest.raises(CommandError, match="bad can't be loaded"):
        call_command("activate_model", "bad", "--force", "whatever")
    metadata = bad.metadata | {"preprocessing": "0"}
    ModelVersion.objects.filter(pk="bad").update(metadata=metadata)
    with pytest.raises(CommandError, match="bad was trained on preprocessing 0"):
        call_command("activate_model", "bad", "--force", "whatever")
    assert active() == good.version


def test_it_needs_a_network_that_is_here(good):
    with pytest.raises(CommandError, match="There is no network lost."):
        call_command("activate_model", "lost")
