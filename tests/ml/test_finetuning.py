import io
from zipfile import ZipFile

import numpy as np
import pytest

from ml import runtime
from ml.preprocessing import preprocess
from tests.support.digits import ink

finetuning = pytest.importorskip("ml.finetuning")
networks = pytest.importorskip("ml.model")


@pytest.mark.parametrize("forgotten", [None, "MNIST", "pens"])
def test_it_goes_less_far_from_the_base_where_it_forgets(monkeypatch, forgotten):
    monkeypatch.setattr(finetuning, "MNIST_VALIDATION", 10)
    monkeypatch.setattr(finetuning, "MAX_DROP", 0.6)  # more than half: each part is looked at alone
    pixels = np.stack([preprocess(ink(row % 10, pen=20 + row)) for row in range(20)])
    labels = np.arange(20, dtype=np.uint8) % 10
    base = finetuning.load_base(str(runtime.bundled()))
    trained = networks.for_training(networks.build(2) if forgotten else base)
    if forgotten:  # what was never read right can't be
        other = slice(10, 20) if forgotten == "MNIST" else slice(10)
        labels[other] = (labels[other] + 1) % 10
    _, alpha = finetuning.interpolate_weights(base, trained, (pixels, labels))
    assert alpha == finetuning.ALPHAS[-1 if forgotten else 0]


def rewritten(old, new):
    """As a newer Keras writes what this one doesn't know."""
    file = io.BytesIO()
    with ZipFile(runtime.bundled() / runtime.KERAS_FILE) as archive, ZipFile(file, "w") as changed:
        for name in archive.namelist():
            changed.writestr(name, archive.read(name).replace(old, new))
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (lambda whole: b"", "It is damaged"),
        (lambda whole: whole[:5000], "It is damaged"),
        (lambda whole: rewritten(b'"Conv2D"', b'"Conv9D"'), "It was saved by Keras 3"),
        (lambda whole: None, "There is no"),
    ],
)
def test_a_base_that_cannot_be_loaded_is_refused_in_a_sentence(tmp_path, content, reason):
    base = tmp_path / "base"
    base.mkdir()
    changed = content((runtime.bundled() / runtime.KERAS_FILE).read_bytes())
    if changed is not None:
        (base / runtime.KERAS_FILE).write_bytes(changed)
    with pytest.raises((ValueError, FileNotFoundError), match=reason) as refused:
        finetuning.load_base(str(base))
    assert "\n" not in str(refused.value)
