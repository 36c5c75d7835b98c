import numpy as np
import pytest

from ml import data, train
from ml.checkpoint import Checkpoints
from ml.corrections import none
from ml.dataset import Sources
from ml.label_errors import suspected_corrections
from tests.support.corrections import unstroked
from tests.support.digits import make_data


@pytest.fixture
def labelled():
    """Ten kinds of drawings by forty visitors, with features that tell them apart."""
    rng = np.random.default_rng(0)
    labels = np.tile(np.arange(10), 40).astype(np.uint8)
    features = np.tile(np.eye(10)[labels] * 8, 20) + rng.normal(0, 1, (400, 200))
    visitors = np.array([f"visitor-{row // 10}" for row in range(400)])
    ids = np.array([f"id-{row}" for row in range(400)])
    return unstroked(np.zeros((400, 28, 28), np.uint8), labels, ids, visitors), features


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


def test_the_best_epoch_is_asked_and_not_one_whose_loss_has_jumped(tmp_path):
    pytest.importorskip("keras", reason="only training needs Keras")
    from ml import model as networks

    folder = make_data(tmp_path)
    mnist, digits = data.load_mnist(folder)["train"], data.load_digits(folder)["train"]
    negatives = data.load_negatives(folder)["train"]
    checkpoints = Checkpoints(tmp_path / ".training", {})
    model = networks.for_training(networks.build(1))
    model.save(checkpoints.folder / "epoch-1.keras")
    kernel, bias = model.get_layer(networks.IS_DIGIT_LOGIT).get_weights()
    model.get_layer(networks.IS_DIGIT_LOGIT).set_weights([kernel, bias + 1000])  # all are digits
    model.save(checkpoints.folder / "epoch-2.keras")
    (checkpoints.folder / "history.csv").write_text("epoch,loss,val_loss\n0,3,1\n1,2,9\n")
    rows = train._trusted(Sources(mnist, digits, negatives, none()), checkpoints, 2)
    assert len(rows["negatives"]) == len(negatives)
