"""Ways to learn from corrections, to be compared."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml import fitting
from ml import model as networks
from ml.arrays import UInt8Array
from ml.dataset import CORRECTION_REPEATS, CORRECTION_SHARE, Images, Outputs, targets
from ml.glyphs import Random
from ml.metrics import sigmoid, softmax
from ml.strangers.drawing import Lessons
from ml.train import FINE_TUNING_RATE, LEARNING_RATE

HEADS = (networks.DIGIT_LOGITS, networks.IS_DIGIT_LOGIT)
# How often a correction was shown in an epoch before its share was fixed, and beside how much.
REPEATS, ORIGINAL = 15, 124_000


@dataclass(frozen=True)
class Method:
    """share: of the corrections in an epoch, for how many there are.

    distilled: whether the base's answers to the original data are learnt instead of their labels.
    """

    share: Callable[[int], float]
    distilled: bool = False
    head_alone: bool = False


def repeated(count: int, repeats: int = REPEATS) -> float:
    return repeats * count / (repeats * count + ORIGINAL)


def as_trained(count: int) -> float:
    return min(CORRECTION_SHARE, repeated(count, CORRECTION_REPEATS))


def fixed(share: float) -> Callable[[int], float]:
    return lambda count: share


METHODS = {
    "each 15 times": Method(repeated),
    "quarter of each epoch": Method(as_trained),
    "half of each epoch": Method(fixed(0.5)),
    "half, distilled": Method(fixed(0.5), distilled=True),
    "half, head alone": Method(fixed(0.5), head_alone=True),
}


def learn(base: Any, lessons: Lessons, method: Method, count: int, rng: Random) -> Any:
    """Return what the base becomes, without interpolation: as from `ml.model.for_training`.

    base: the same. count: of the corrections.
    """
    model = networks.for_training(base)
    if method.head_alone:
        for layer in model.layers:
            layer.trainable = layer.name in HEADS
    share = method.share(count)
    epochs = [lessons.epoch(number, share) for number in range(len(lessons.replay))]
    size = sum(len(part[1]) for part in epochs[0])
    fitting.compile_model(
        model,
        learning_rate=LEARNING_RATE if method.head_alone else FINE_TUNING_RATE,
        steps=len(epochs) * -(-size // fitting.BATCH_SIZE),
    )
    for replay, corrections in epochs:
        _show(model, replay, corrections, base if method.distilled else None, rng)
    return model


def _show(model: Any, replay: Images, corrections: Images, teacher: Any, rng: Random) -> None:
    pixels = np.concatenate([replay[0], corrections[0]])
    wanted, weights = targets(np.concatenate([replay[1], corrections[1]]))
    if teacher:
        for name, answers in _answers(teacher, replay[0]).items():
            wanted[name][: len(answers)] = answers
    order = rng.permutation(len(pixels))
    model.fit(
        pixels[order, ..., None],
        {name: values[order] for name, values in wanted.items()},
        sample_weight={name: values[order] for name, values in weights.items()},
        batch_size=fitting.BATCH_SIZE,
        shuffle=False,
        verbose=0,
    )


def _answers(teacher: Any, pixels: UInt8Array) -> Outputs:
    """Return its probabilities, as targets of each output."""
    logits = teacher.predict(pixels[..., None], batch_size=1024, verbose=0)
    return {
        networks.DIGIT_LOGITS: softmax(logits[networks.DIGIT_LOGITS]).astype(np.float32),
        networks.IS_DIGIT_LOGIT: sigmoid(logits[networks.IS_DIGIT_LOGIT]).astype(np.float32),
    }
