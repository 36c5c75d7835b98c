"""Which model version is active, and what keeps one from becoming so."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from ml.data import DIGITS_FILE, MNIST_FILE, NEGATIVES_FILE
from ml.metrics import gain_interval
from predictor.models import Activation, Comparison, ModelVersion
from predictor.models.registry import MNIST
from predictor.registry.validation import as_dict, digests

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MAX_MNIST_LOSS = 0.0005  # by how much accuracy on MNIST's test set may drop
SIGNIFICANCE = 0.05
# What judges is the audit sample, as far as neither version was trained on it. By how much accuracy
# on it may drop at the worst, by the 95% confidence interval, for one to be activated without a
# person's decision. MNIST's test set, which a network has seen the like of, says nothing about what
# visitors draw.
MAX_AUDIT_LOSS = 0.02
# So many narrow the interval to that where both versions read all of them alike; where they don't,
# it takes more.
MIN_EVIDENCE = next(n for n in count(1) if gain_interval(0, 0, n)[0] >= -MAX_AUDIT_LOSS)
NAMES = {"audited": "the audit sample", "reviewed": "reviewed drawings"}


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
    reasons = [
        f"It is worse on {name}: it fixes {part['fixed']:,} and breaks {part['broken']:,}"
        f" (McNemar's test: p = {part['p']:.2g})."
        for part, name in ((comparison.report.get(key), name) for key, name in NAMES.items())
        if part and part["broken"] > part["fixed"] and part["p"] < SIGNIFICANCE
    ]
    loss = mnist_loss(comparison)
    if loss is not None and loss > MAX_MNIST_LOSS + 1e-9:
        reasons.append(
            f"Its accuracy on MNIST's test set is {100 * loss:.2f} points lower;"
            f" {100 * MAX_MNIST_LOSS:.2f} are allowed."
        )
    return reasons + unverified_sources(comparison.new)


def missing_evidence(comparison: Comparison) -> list[str]:
    """Return why nobody can tell yet whether the new version is worse: a sentence for people."""
    audited = comparison.report.get("audited")
    if not audited:
        return ["It was compared when the audit sample was not looked at by itself: compare again."]
    drawings = audited["drawings"]
    low, high = gain_interval(audited["fixed"], audited["broken"], drawings)
    if low >= -MAX_AUDIT_LOSS:
        return []
    return [
        f"There is too little evidence: {drawings:,} drawings of the audit sample that neither"
        f" network was trained on, by which its accuracy differs by {100 * low:+.1f} to"
        f" {100 * high:+.1f} points (95% confidence interval). To be activated without a person's"
        f" decision, it may lose no more than {100 * MAX_AUDIT_LOSS:g} by that interval, which"
        f" takes at least {MIN_EVIDENCE:,} of them."
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
