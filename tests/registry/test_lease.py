from datetime import timedelta
from time import monotonic, sleep
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from predictor.management.commands import retrain as command
from predictor.models import RetrainingLease
from predictor.registry import lease, retraining
from tests.support.networks import reviewed

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)
MINUTE = timedelta(minutes=1)


def held_by_another(until: timedelta = MINUTE) -> UUID:
    token = uuid4()
    RetrainingLease.objects.update_or_create(
        pk=1, defaults={"token": token, "until": timezone.now() + until}
    )
    return token


def test_one_holds_it_at_a_time():
    with lease.hold(), pytest.raises(lease.Busy), lease.hold():
        pass
    with lease.hold():
        pass


def test_another_machine_that_lives_keeps_it():
    held_by_another()
    with pytest.raises(lease.Busy), lease.hold():
        pass


def test_a_machine_that_died_loses_it():
    held_by_another(-MINUTE)
    with lease.hold() as token:
        assert RetrainingLease.objects.get().token == token


def test_a_process_of_this_machine_that_died_loses_it_at_once(folders):
    retraining.FOLDER.mkdir()
    (retraining.FOLDER / "lock").write_text(str(held_by_another()))
    with retraining.exclusive() as held:
        assert RetrainingLease.objects.get().token == held.token
    held_by_another()  # not the one that died here
    with pytest.raises(lease.Busy), retraining.exclusive():
        pass


@committed
def test_it_is_renewed_while_it_is_held(monkeypatch):
    monkeypatch.setattr(lease, "RENEW_EVERY", 0.01)
    with lease.hold() as token:
        first = RetrainingLease.objects.get().until
        give_up = monotonic() + 10
        while RetrainingLease.objects.get().until == first:
            assert monotonic() < give_up, "it is not renewed"
            sleep(0.01)
        assert RetrainingLease.objects.get().until > first
        lease.ensure_held(token)
    assert RetrainingLease.objects.get().until is None


def test_who_lost_it_adds_no_network(good, folders, data, monkeypatch):
    def train_for_long(*arguments):
        held_by_another()

    monkeypatch.setattr(retraining, "train", train_for_long)
    monkeypatch.setattr(command, "find_spec", lambda name: True)
    reviewed(good, [1])
    with pytest.raises(CommandError, match="Another retraining began while"):
        call_command("retrain")
    assert retraining.Run.stopped()  # to be resumed
    assert RetrainingLease.objects.get().until is not None  # the other's


@committed
def test_it_tells_how_far_its_holder_is(monkeypatch, admin_client):
    monkeypatch.setattr(lease, "RENEW_EVERY", 0.01)
    networks = "/admin/predictor/modelversion/"
    assert "Retraining on" not in admin_client.get(networks).content.decode()
    with lease.hold(progress=lambda: {"epoch": 3, "epochs": 10}) as token:
        lease.note(token, stage=RetrainingLease.Stage.TRAINING)
        wait_until(lambda: RetrainingLease.objects.get().epoch == 3)
        page = admin_client.get(networks).content.decode()
        assert "Retraining on" in page
        assert "training, 3 of 10 epochs done." in page
    assert "Retraining on" not in admin_client.get(networks).content.decode()


def test_one_that_died_is_said_to_be_dead():
    held_by_another(-MINUTE)
    RetrainingLease.objects.update(began_at=timezone.now(), host="oven")
    assert "on oven died. Run it again" in RetrainingLease.objects.get().progress()


def wait_until(condition):
    give_up = monotonic() + 20
    while not condition():
        assert monotonic() < give_up
        sleep(0.01)
