"""Labels that look wrong: confident learning (Northcutt et al. 2021,
https://doi.org/10.1613/jair.1.12125).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ml import data
from ml.arrays import BoolArray, FloatArray, UInt8Array
from ml.corrections import Corrections
from ml.dataset import render_drawings
from ml.metrics import sigmoid, softmax

# After this fraction of the epochs the network has seen enough to contradict labels, and has not
# yet memorized the wrong ones.
SUSPECT_AFTER = 0.3
THRESHOLD = 0.95  # of the probability of another label, for the pen drawings
CORRECTION_THRESHOLD = 0.97
FOLDS = 5


def trusted_rows(model: Any, drawings: data.Drawings) -> list[int]:
    """Return the rows whose label the network does not confidently contradict.

    UNIPEN's labels are a few percent wrong, and some letters can't be told from digits.

    model: as from `ml.model.for_training`.
    """
    logits = model.predict(render_drawings(drawings)[..., None], batch_size=1024, verbose=0)
    probabilities = softmax(logits["digit_logits"])
    is_digit = sigmoid(logits["is_digit_logit"][:, 0])
    other = (probabilities.max(axis=1) > THRESHOLD) & (
        probabilities.argmax(axis=1) != drawings.labels
    )
    suspected = np.where(drawings.labels == data.NOT_A_DIGIT, is_digit > THRESHOLD, other)
    return [int(row) for row in np.flatnonzero(~suspected)]


def suspected_corrections(
    corrections: Corrections,
    features: FloatArray,
    reference: FloatArray,
    reference_labels: UInt8Array,
    trusted: Sequence[str],
) -> BoolArray:
    """Return which labels look wrong: bool (n,).

    A linear classifier on the network's features is trained on four fifths of the visitors, and
    asked about the others: one that never saw a visitor's drawings can't have memorized that
    visitor's wrong labels.

    features: float (n, f) of the corrections. reference, reference_labels: the same of drawings
    whose labels are right. trusted: ids of corrections that are not suspected.
    """
    from sklearn.model_selection import GroupKFold

    suspected = np.zeros(len(corrections), np.bool_)
    folds = min(FOLDS, len(set(corrections.visitors)))
    if folds < 2:
        return suspected
    for train, ask in GroupKFold(folds).split(features, groups=corrections.visitors):
        suspected[ask] = _contradicted(
            np.concatenate([reference, features[train]]),
            np.concatenate([reference_labels, corrections.labels[train]]),
            features[ask],
            corrections.labels[ask],
        )
    return suspected & ~np.isin(corrections.ids, trusted)


def _contradicted(
    features: FloatArray, labels: UInt8Array, asked: FloatArray, asked_labels: UInt8Array
) -> BoolArray:
    """Return which of the asked labels a classifier trained on the others confidently denies."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    classifier = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=300))
    classifier.fit(features, labels)
    probabilities = classifier.predict_proba(asked)
    likeliest = classifier.classes_[probabilities.argmax(axis=1)]
    denied: BoolArray = (probabilities.max(axis=1) > CORRECTION_THRESHOLD) & (
        likeliest != asked_labels
    )
    return denied
