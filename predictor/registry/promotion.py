"""Which model version is active, and what keeps one from becoming so."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from digitsite.formats import decimal, integer, signed, significant
from ml.data import DIGITS_FILE, MNIST_FILE, NEGATIVES_FILE
from ml.metrics import gain_interval
from predictor.models import Activation, Comparison, ModelVersion, SiteEvent
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
WORSE = {
    "audited": gettext_lazy(
        "It is worse on the audit sample: it fixes %(fixed)s and breaks %(broken)s (McNemar's test:"
        " p = %(p)s)."
    ),
    "reviewed": gettext_lazy(
        "It is worse on reviewed drawings: it fixes %(fixed)s and breaks %(broken)s (McNemar's"
        " test: p = %(p)s)."
    ),
}


class AnotherActive(Exception):
    """Meanwhile another version became active than the one that was compared with."""


def activate(
    version: ModelVersion,
    actor: User | None,
    forced_because: str = "",
    instead_of: ModelVersion | None = None,
) -> None:
    """instead_of: the version that it was compared with. Raises AnotherActive."""
    now = timezone.now()
    with transaction.atomic():
        # Locked in one order, so that of two who activate at once the second comes second.
        list(ModelVersion.objects.order_by("version").select_for_update().only("version"))
        if ModelVersion.objects.active().filter(pk=version.pk).exists():
            return  # it was asked for twice
        if instead_of and not ModelVersion.objects.active().filter(pk=instead_of.pk).exists():
            raise AnotherActive(f"{instead_of} is not the active network any more: compare again.")
        ModelVersion.objects.active().update(is_active=False)
        ModelVersion.objects.filter(pk=version.pk).update(
            is_active=True, activated_at=now, activated_by=actor
        )
        Activation.objects.create(
            model_version=version, at=now, actor=actor, forced_because=forced_because
        )
        details = {"forced_because": forced_because} if forced_because else {}
        SiteEvent.objects.record(
            SiteEvent.Action.ACTIVATION, actor, network=version.version, **details
        )


def blocking_reasons(comparison: Comparison) -> list[str]:
    """Return why the new version may not be activated: sentences for people."""
    reasons = [
        text % counts_of(part)
        for part, text in ((comparison.report.get(key), text) for key, text in WORSE.items())
        if part and part["broken"] > part["fixed"] and part["p"] < SIGNIFICANCE
    ]
    loss = mnist_loss(comparison)
    if loss is not None and loss > MAX_MNIST_LOSS + 1e-9:
        text = _("Its accuracy on MNIST's test set is %(loss)s points lower; %(most)s are allowed.")
        points = {"loss": decimal(100 * loss, 2), "most": decimal(100 * MAX_MNIST_LOSS, 2)}
        reasons.append(text % points)
    return reasons + unverified_sources(comparison.new)


def missing_evidence(comparison: Comparison) -> list[str]:
    """Return why nobody can tell yet whether the new version is worse: a sentence for people."""
    audited = comparison.report.get("audited")
    if not audited:
        return [
            _("It was compared when the audit sample was not looked at by itself: compare again.")
        ]
    drawings = audited["drawings"]
    low, high = gain_interval(audited["fixed"], audited["broken"], drawings)
    if low >= -MAX_AUDIT_LOSS:
        return []
    text = _(
        "There is too little evidence: %(drawings)s drawings of the audit sample that neither"
        " network was trained on, by which its accuracy differs by %(low)s to %(high)s points (95%%"
        " confidence interval). To be activated without a person's decision, it may lose no more"
        " than %(most)s by that interval, which takes at least %(least)s of them."
    )
    figures = {"low": signed(100 * low, 1), "high": signed(100 * high, 1)}
    figures |= {"drawings": integer(drawings), "least": integer(MIN_EVIDENCE)}
    figures |= {"most": significant(100 * MAX_AUDIT_LOSS, 3)}
    return [text % figures]


def counts_of(part: dict[str, Any]) -> dict[str, str]:
    """What a sentence about a part of a comparison names, written out."""
    counts = {name: integer(part[name]) for name in ("fixed", "broken")}
    return counts | {"p": significant(part["p"], 2)}


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
    text = _("It was trained on %(name)s, which is not what its manifest says was exported.")
    return [
        text % {"name": source.get("name")}
        for source in map(as_dict, version.metadata.get("data") or [{}])
        if source.get("name") not in originals and source.get("sha256") not in exported
    ]
