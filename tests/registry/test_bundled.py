import json
from functools import partial

import pytest
from django.apps import apps
from django.apps.registry import Apps
from django.core.management import call_command

from ml import runtime
from predictor.models import Activation, ModelVersion
from predictor.registry import promotion
from predictor.registry.bundled import read_version, register_bundled
from tests.support.concurrency import all_at_once
from tests.support.networks import another

pytestmark = pytest.mark.django_db
BUNDLED = runtime.bundled()
register = partial(register_bundled, apps.get_app_config("predictor"), "default")


def test_migrate_registers_and_activates_it():
    ModelVersion.objects.all().delete()
    call_command("migrate", verbosity=0)
    row = ModelVersion.objects.defer(None).get()
    assert row.version == BUNDLED.name
    assert row.is_active and row.activated_at
    assert Activation.objects.get().model_version == row
    assert row.metadata == json.loads((BUNDLED / "metadata.json").read_text())
    assert bytes(row.tflite) == (BUNDLED / "model.tflite").read_bytes()
    assert bytes(row.keras) == (BUNDLED / "model.keras").read_bytes()


@pytest.mark.django_db(transaction=True)
def test_many_processes_register_it_once():
    ModelVersion.objects.all().delete()
    assert all_at_once(*[register] * 6) == [None] * 6
    assert ModelVersion.objects.get().is_active
    assert Activation.objects.count() == 1


def test_it_is_activated_where_it_was_added_and_none_is_active():
    Activation.objects.all().delete()
    ModelVersion.objects.update(is_active=False)
    register()
    assert ModelVersion.objects.get().is_active
    assert Activation.objects.count() == 1


def test_an_active_version_stays_when_another_one_is_bundled():
    chosen = another("chosen")
    promotion.activate(chosen, None)
    ModelVersion.objects.exclude(pk=chosen.pk).delete()
    register()
    assert ModelVersion.objects.active().get() == chosen
    assert ModelVersion.objects.filter(pk=BUNDLED.name, is_active=False).exists()


def test_tables_of_another_state_are_left_alone():
    """As where one migrates back to before they were made."""
    ModelVersion.objects.all().delete()
    register(apps=Apps())
    assert not ModelVersion.objects.exists()


def test_a_base_model_that_is_not_registered_is_left_out(tmp_path):
    for name in ("model.tflite", "model.keras"):
        (tmp_path / name).write_bytes(b"")
    metadata = {"version": "child", "parent": "lost"}
    (tmp_path / "metadata.json").write_text(json.dumps(metadata))
    assert read_version(tmp_path).parent is None
    (tmp_path / "metadata.json").write_text(json.dumps(metadata | {"parent": BUNDLED.name}))
    assert read_version(tmp_path).parent_id == BUNDLED.name
