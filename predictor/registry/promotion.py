"""Which model version is active, and what keeps one from becoming so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from ml.data import DIGITS_FILE, MNIST_FILE, NEGATIVES_FILE
from predictor.models import Activation, Comparison, ModelVersion
from predictor.models.registry import MNIST
from predictor.registry.validation import as_dict, digests

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MAX_MNIST_LOSS = 0.0005  # by how much accuracy on MNIST's test set may drop
SIGNIFICANCE = 0.05
# Reviewed drawings that neither version was trained on, without which only people activate one: of
# a hundred, all read right, the 95% confidence interval still reaches down to 96.3%. MNIST's test
# set, which a network has seen the like of, says nothing about what visitors draw.
MIN_EVIDENCE = 100


def activate(version: ModelVersion, actor: User | None, forced_because: str = "") -> None:
    now = timezone.now()
    with transaction.atomic():
        # Locked in one order, so that of two who activate at once the second comes second.
        list(ModelVersion.objects.order_by("version").select_for_update().only("version"))
        if ModelVersion.objects.active().filter(pk=version.pk).exists():
            return  # it was asked for twice
        ModelVersion.objects.active().update(is_active=False)
        ModelVersion.objects.filter(pk=version.pk).update(
            is_active=True, activated_at=now, activated_by=actor
        )
        Activation.objects.create(
            model_version=version, at=now, actor=actor, forced_because=forced_because
        )


def blocking_reasons(comparison: Comparison) -> list[str]:
    """Return why the new version may not be activated: sentences for people."""
    reasons = []
    reviewed = comparison.report["reviewed"]
    if reviewed["broken"] > reviewed["fixed"] and reviewed["p"] < SIGNIFICANCE:
        reasons.append(
            f"It is worse on reviewed drawings: it fixes {reviewed['fixed']:,} and breaks"
            f" {reviewed['broken']:,} (McNemar's test: p = {reviewed['p']:.2g})."
        )
    loss = mnist_loss(comparison)
    if loss is not None and loss > MAX_MNIST_LOSS + 1e-9:
        reasons.append(
            f"Its accuracy on MNIST's test set is {100 * loss:.2f} points lower;"
            f" {100 * MAX_MNIST_LOSS:.2f} are allowed."
        )
    return reasons + unverified_sources(comparison.new)


def missing_evidence(comparison: Comparison) -> list[str]:
    """Return why nobody can tell yet whether the new version is worse: a sentence for people."""
    reviewed = comparison.report["reviewed"]["drawings"]
    if reviewed >= MIN_EVIDENCE:
        return []
    return [
        f"There is too little evidence: {reviewed:,} reviewed drawings that neither network was"
        f" trained on, and {MIN_EVIDENCE:,} are needed to activate one without a person's decision."
    ]


def mnist_loss(comparison: Comparison) -> float | None:
    """As measured here, or else when they were trained; None where neither was."""
    measured = comparison.report["mnist"]
    if measured:
        lost: int = measured["old"]["right"] - measured["new"]["right"]
        return lost / int(measured["drawings"])
    old, new = (version.metric(*MNIST) for version in (comparison.old, comparison.new))
    return None if old is None or new is None else old - new


def unverified_sources(version: ModelVersion) -> list[str]:
    """Return what it was trained on that its manifests don't know as an export."""
    if not any(as_dict(version.metadata.get("corrections")).values()):
        return []
    exported = digests(version.manifests)
    originals = {DIGITS_FILE, MNIST_FILE, NEGATIVES_FILE}
    return [
        f"It was trained on {source.get('name')}, which is not what its manifest says was exported."
        for source in map(as_dict, version.metadata.get("data") or [{}])
        if source.get("name") not in originals and source.get("sha256") not in exported
    ]
