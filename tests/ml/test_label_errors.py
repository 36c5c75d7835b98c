import numpy as np
import pytest

from ml.corrections import Corrections
from ml.label_errors import suspected_corrections


@pytest.fixture
def labelled():
    """Ten kinds of drawings by forty visitors, with features that tell them apart."""
    rng = np.random.default_rng(0)
    labels = np.tile(np.arange(10), 40).astype(np.uint8)
    features = np.tile(np.eye(10)[labels] * 8, 20) + rng.normal(0, 1, (400, 200))
    visitors = np.array([f"visitor-{row // 10}" for row in range(400)])
    ids = np.array([f"id-{row}" for row in range(400)])
    return Corrections(np.zeros((400, 28, 28), np.uint8), labels, ids, visitors), features


def test_wrong_labels_are_suspected_and_right_ones_are_not(labelled):
    pytest.importorskip("sklearn", reason="only training needs scikit-learn")
    corrections, features = labelled
    truth = corrections.labels.copy()
    corrections.labels[[5, 77, 300]] = (truth[[5, 77, 300]] + 1) % 10
    found = suspected_corrections(corrections, features, features[:100], truth[:100], [])
    assert set(np.flatnonzero(found)) == {5, 77, 300}
    found = suspected_corrections(
        corrections, features, features[:100], truth[:100], ["id-77", "id-8"]
    )
    assert set(np.flatnonzero(found)) == {5, 300}
