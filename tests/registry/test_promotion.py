from functools import partial

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from predictor import labelling
from predictor.models import LabelEvent, ModelVersion, SiteEvent, Submission
from predictor.models.events import operator
from predictor.registry import evaluation, promotion, serving
from tests.support.concurrency import all_at_once
from tests.support.digits import make_data
from tests.support.networks import another, reviewed
from tests.support.samples import stored

pytestmark = pytest.mark.django_db
at_once = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ann(db):
    return User.objects.create(username="ann", is_staff=True)


def test_exactly_one_network_is_active(ann):
    old, new = serving.network().version, another("new")
    promotion.activate(new, ann)
    active = ModelVersion.objects.active().get()
    assert (active.version, active.activated_by) == ("new", ann)
    promotion.activate(ModelVersion.objects.get(pk=old), ann)
    assert ModelVersion.objects.active().get().version == old


def test_what_was_compared_with_one_that_is_active_no_more_is_not_activated(ann):
    compared, new = ModelVersion.objects.active().get(), another("new")
    promotion.activate(another("meanwhile"), ann)
    with pytest.raises(promotion.AnotherActive, match="compare again"):
        promotion.activate(new, None, instead_of=compared)
    assert ModelVersion.objects.active().get().version == "meanwhile"
    promotion.activate(new, None, instead_of=ModelVersion.objects.get(pk="meanwhile"))
    assert ModelVersion.objects.active().get().version == "new"


@at_once
def test_of_many_that_are_activated_at_once_one_is_active(ann):
    candidates = [another(f"new-{i}") for i in range(4)]
    answers = all_at_once(*[partial(promotion.activate, row, ann) for row in candidates])
    assert answers == [None] * 4
    assert ModelVersion.objects.active().count() == 1


def test_a_submission_keeps_the_network_that_answered_it(ann, monkeypatch):
    monkeypatch.setattr(serving, "CHECK_EVERY", 0)
    first = stored()
    promotion.activate(another("new"), ann)
    assert stored().model_id == "new"
    assert Submission.objects.get(pk=first.pk).model_id != "new"


def test_an_equal_one_may_be_activated(good, data):
    make_data(data)
    reviewed(good, [1, 2, 3])
    assert promotion.blocking_reasons(evaluation.compare(good, good, data)) == []


def test_with_nothing_to_compare_on_nothing_blocks_it(good, data):
    assert promotion.blocking_reasons(evaluation.compare(good, good, data)) == []


def audited(rows):
    """Make them part of the audit sample."""
    ids = [row.pk for row in rows]
    Submission.objects.filter(pk__in=ids).update(audited_at=timezone.now())


def test_without_evidence_nobody_can_tell(good, bad, data):
    rows = reviewed(good, [10] * promotion.MIN_EVIDENCE)  # that both read alike
    audited(rows[:-1])
    make_data(data)  # MNIST is no evidence, nor are reviewed drawings that were not audited
    [sentence] = promotion.missing_evidence(evaluation.compare(bad, good, data))
    assert sentence.startswith("There is too little evidence: 95 drawings of the audit sample")
    assert "-2.0 to +2.0 points" in sentence
    assert sentence.endswith(
        "it may lose no more than 2 by that interval, which takes at least 96 of them."
    )
    audited(rows[-1:])
    assert promotion.missing_evidence(evaluation.compare(bad, good, data)) == []


def test_the_more_they_differ_the_more_evidence_is_needed(good, bad, data):
    rows = reviewed(good, [10] * promotion.MIN_EVIDENCE + [1])
    audited(rows)
    comparison = evaluation.compare(bad, good, data)
    assert promotion.blocking_reasons(comparison) == []  # one may be by chance
    [sentence] = promotion.missing_evidence(comparison)
    assert "97 drawings" in sentence and "differs by -3.8 to +1.8 points" in sentence


def test_one_that_breaks_easy_drawings_is_refused_though_it_fixes_all_hard_ones(good, bad, data):
    """Reviewers get the active network's mistakes first: the new one reads all of those right."""
    hard, easy = reviewed(good, [1] * 60), reviewed(good, [4] * 8)
    ann = User.objects.get(username="ann")
    rows = Submission.objects.filter(pk__in=[row.pk for row in hard])
    labelling.relabel(rows, 2, actor=ann, source=LabelEvent.Source.QUEUE)
    audited([hard[0], *easy])
    comparison = evaluation.compare(bad, good, data)
    reviewed_ones = comparison.report["reviewed"]
    assert (reviewed_ones["fixed"], reviewed_ones["broken"]) == (60, 8)
    [reason] = promotion.blocking_reasons(comparison)
    assert reason.startswith("It is worse on the audit sample: it fixes 1 and breaks 8")
    assert promotion.missing_evidence(comparison) != []


def test_a_comparison_of_a_version_before_this_one_is_no_evidence(good, bad, data):
    comparison = evaluation.compare(bad, good, data)
    del comparison.report["audited"]
    assert promotion.missing_evidence(comparison) == [
        "It was compared when the audit sample was not looked at by itself: compare again."
    ]
    assert promotion.blocking_reasons(comparison) == []


def test_worse_on_reviewed_drawings_is_refused_beyond_chance_alone(good, bad, data):
    reviewed(good, [1] * 5)
    assert promotion.blocking_reasons(evaluation.compare(bad, good, data)) == []
    reviewed(good, [4])
    [reason] = promotion.blocking_reasons(evaluation.compare(bad, good, data))
    assert reason.startswith("It is worse on reviewed drawings: it fixes 0 and breaks 6")
    assert promotion.blocking_reasons(evaluation.compare(good, bad, data)) == []


@pytest.mark.parametrize(("lost", "refused"), [(-9, False), (5, False), (6, True)])
def test_no_more_than_a_twentieth_of_a_point_of_mnist_is_lost(good, bad, data, lost, refused):
    comparison = evaluation.compare(good, bad, data)
    comparison.report["mnist"] = {
        "drawings": 10_000,
        "old": {"right": 9950},
        "new": {"right": 9950 - lost},
    }
    assert bool(promotion.blocking_reasons(comparison)) == refused


def test_without_mnist_what_training_measured_counts(good, bad, data):
    comparison = evaluation.compare(bad, good, data)
    assert promotion.blocking_reasons(comparison) == []
    bad.metadata["metrics"]["mnist"]["accuracy"] -= 0.0006
    [reason] = promotion.blocking_reasons(comparison)
    assert reason == "Its accuracy on MNIST's test set is 0.06 points lower; 0.05 are allowed."
    bad.metadata["metrics"] = {}
    assert promotion.blocking_reasons(comparison) == []


def test_what_it_was_trained_on_is_what_was_exported(good):
    source = {"name": "corrections.npz", "rows": 7, "sha256": "abc"}
    good.metadata |= {"corrections": {"trained": 7}, "data": [*good.metadata["data"], source]}
    reason = "It was trained on corrections.npz, which is not what its manifest says was exported."
    assert promotion.unverified_sources(good) == [reason]
    good.manifests = [{"files": {"corrections.npz": {"sha256": "another"}}}]
    assert promotion.unverified_sources(good) == [reason]
    good.manifests = [{"files": {"corrections.npz": {"sha256": "abc"}}}]
    assert promotion.unverified_sources(good) == []


def test_that_it_was_activated_is_an_event(ann):
    activations = SiteEvent.objects.filter(action=SiteEvent.Action.ACTIVATION)
    first = activations.get()  # of the one that ships, by whoever migrated
    assert (first.who, first.details["because"]) == (operator(), "none was active")
    promotion.activate(another("chosen"), ann, "it reads sevens")
    promotion.activate(ModelVersion.objects.get(pk="chosen"), ann)  # which it is already
    [new] = activations.exclude(pk=first.pk)
    assert new.who == "ann"
    assert new.details == {"network": "chosen", "forced_because": "it reads sevens"}
