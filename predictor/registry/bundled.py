"""The model version that ships with the code, in the registry of a new database."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.apps.registry import Apps
from django.apps.registry import apps as installed_apps
from django.db import IntegrityError, transaction
from django.utils import timezone

from predictor.models import Activation, ModelVersion, SiteEvent


def read_version(folder: Path) -> ModelVersion:
    """Return what training wrote, as a row that is not saved yet."""
    metadata = json.loads((folder / "metadata.json").read_bytes())
    return ModelVersion(
        version=metadata["version"],
        metadata=metadata,
        parent=ModelVersion.objects.filter(version=metadata["parent"]).first(),
        tflite=(folder / "model.tflite").read_bytes(),
        keras=(folder / "model.keras").read_bytes(),
    )


def register_bundled(
    sender: AppConfig, using: str, apps: Apps = installed_apps, **kwargs: Any
) -> None:
    """Add the bundled version after `migrate`, and activate it where none is active.

    Several processes may do so at once: each step does nothing where another was first.
    """
    from ml.runtime import bundled

    if not _is_migrated(sender, apps):
        return
    folder = bundled()
    if not ModelVersion.objects.using(using).filter(pk=folder.name).exists():
        version = read_version(folder)
        ModelVersion.objects.using(using).bulk_create([version], ignore_conflicts=True)
    with suppress(IntegrityError), transaction.atomic(using):
        if not ModelVersion.objects.using(using).active().exists():
            _activate(folder.name, using)


def _activate(version: str, using: str) -> None:
    now = timezone.now()
    idle = ModelVersion.objects.using(using).filter(pk=version, is_active=False)
    if idle.update(is_active=True, activated_at=now):
        Activation.objects.using(using).create(model_version_id=version, at=now)
        events = SiteEvent.objects.using(using)
        events.record(SiteEvent.Action.ACTIVATION, network=version, because="none was active")


def _is_migrated(sender: AppConfig, apps: Apps) -> bool:
    """Whether the tables have what the code expects: one may migrate to an older state as well."""
    try:
        models = [apps.get_model(sender.label, model.__name__) for model in TABLES]
    except LookupError:
        return False
    return all(
        {field.column for field in model._meta.concrete_fields}
        == {field.column for field in expected._meta.concrete_fields}
        for model, expected in zip(models, TABLES, strict=True)
    )


TABLES = (ModelVersion, Activation, SiteEvent)
