import numpy as np
import pytest

from ml import corrections, data
from ml.dataset import Sources, render_epoch
from tests.support.digits import make_data

fitting = pytest.importorskip("ml.fitting")


def test_each_epoch_is_shown_once_and_in_turn(tmp_path):
    folder = make_data(tmp_path)
    sources = Sources(
        data.load_mnist(folder)["train"],
        data.load_digits(folder)["train"],
        data.load_negatives(folder)["train"],
        corrections.none(),
        replay=0.002,
    )
    batches = fitting.RenderedEpochs(sources, 1, range(4))
    try:
        for epoch in range(4):
            batches.on_epoch_begin()
            shown = np.concatenate([batches[index][0] for index in range(len(batches))])
            assert np.array_equal(shown[..., 0], render_epoch(sources, 1, epoch)[0])
            batches.on_epoch_end()
    finally:
        batches.close()
