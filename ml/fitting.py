"""Keras' side of a training: batches, optimizer, and what happens after each epoch."""

import sys
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from time import monotonic
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from ml import model as networks
from ml.checkpoint import Checkpoints
from ml.dataset import Images, Outputs, Sources, render_epoch, targets
from ml.processes import exit_with_parent

BATCH_SIZE = 256
VALIDATION_BATCH_SIZE = 1024
WEIGHT_DECAY = 0.05
LABEL_SMOOTHING = 0.02
WARMUP = 1 / 20  # of all steps
RENDERERS = 2  # processes

Batch = tuple[NDArray[Any], Outputs, Outputs]  # pixels (n, 28, 28, 1), targets, sample weights


class RenderedEpochs(keras.utils.PyDataset):
    """Batches of samples. Epochs are rendered while earlier ones are trained on, each on a core of
    its own: that takes longer than to train on them.
    """

    def __init__(self, sources: Sources, seed: int, epochs: range) -> None:
        # With one worker Keras leaves on tf.data's autotuner, whose thread wakes up after 10, 20,
        # 40, ... seconds, and no epoch ends before it does.
        super().__init__(workers=2)
        # Spawned, because TensorFlow's threads don't survive a fork.
        self._renderer = ProcessPoolExecutor(RENDERERS, get_context("spawn"), exit_with_parent)
        self._to_come: Iterator[Future[Images]] = (
            self._renderer.submit(render_epoch, sources, seed, epoch) for epoch in epochs
        )
        self._rendering = deque(islice(self._to_come, RENDERERS))
        self.on_epoch_end()

    def __len__(self) -> int:
        return -(-len(self._labels) // BATCH_SIZE)

    def __getitem__(self, index: int) -> Batch:
        rows = slice(index * BATCH_SIZE, (index + 1) * BATCH_SIZE)
        return (self._pixels[rows, ..., None], *targets(self._labels[rows]))

    def on_epoch_begin(self) -> None:
        self._rendering.extend(islice(self._to_come, 1))

    def on_epoch_end(self) -> None:
        if self._rendering:
            self._pixels, self._labels = self._rendering.popleft().result()

    def close(self) -> None:
        self._renderer.shutdown(cancel_futures=True)


class EpochReport(keras.callbacks.Callback):
    """A progress bar during each epoch and a line after it, on standard error."""

    def __init__(self, total_epochs: int) -> None:
        super().__init__()
        self._total_epochs = total_epochs

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._start = monotonic()
        self._bar = tqdm(total=self.params["steps"], unit=" batches", leave=False)

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self._bar.update()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._bar.close()
        losses = logs or {}
        print(
            f"Epoch {epoch + 1} of {self._total_epochs}: loss {losses['loss']:.4f},"
            f" validation {losses['val_loss']:.4f}, {monotonic() - self._start:.0f} s",
            file=sys.stderr,
        )


def strategy() -> Any:
    """Return what divides each batch among the GPUs, where there are several.

    A model is to be made in its scope. It is `tf.distribute`'s, because with TensorFlow
    `keras.distribution` is a prototype that divides nothing.
    """
    import tensorflow as tf

    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    if len(devices) == 1:
        return tf.distribute.get_strategy()
    return tf.distribute.MirroredStrategy([device.name for device in devices])


def compile_model(model: Any, *, learning_rate: float, steps: int) -> None:
    """Give a model from `ml.model.for_training` its optimizer and losses.

    steps: of the whole training, over which the rate warms up and decays to nothing.
    """
    warmup = int(steps * WARMUP)
    schedule = keras.optimizers.schedules.CosineDecay(
        learning_rate / 100, steps - warmup, warmup_target=learning_rate, warmup_steps=warmup
    )
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=WEIGHT_DECAY)
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    digit_loss = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=LABEL_SMOOTHING
    )
    is_digit_loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(
        optimizer, {networks.DIGIT_LOGITS: digit_loss, networks.IS_DIGIT_LOGIT: is_digit_loss}
    )


def steps_per_epoch(sources: Sources) -> int:
    return -(-sources.epoch_size() // BATCH_SIZE)


def validation_batch(known: Images, held_back: Images) -> Batch:
    """Return both as one, in which each counts as much as the other.

    held_back: corrections by visitors whose drawings are not trained on; perhaps none.
    """
    pixels = np.concatenate([known[0], held_back[0]])
    labels = np.concatenate([known[1], held_back[1]])
    wanted, weights = targets(labels)
    if len(held_back[1]):
        for weight in weights.values():
            weight[len(known[1]) :] *= len(known[1]) / len(held_back[1])
    return pixels[..., None], wanted, weights


def fit(
    model: Any,
    sources: Sources,
    validation: Batch,
    *,
    seed: int,
    epochs: range,
    total_epochs: int,
    checkpoints: Checkpoints,
) -> None:
    """Train a compiled model for these epochs, keeping what it is after each of them."""
    if not epochs:
        return
    batches = RenderedEpochs(sources, seed, epochs)
    try:
        model.fit(
            batches,
            shuffle=False,  # the samples are
            initial_epoch=epochs.start,
            epochs=epochs.stop,
            validation_data=validation,
            validation_batch_size=VALIDATION_BATCH_SIZE,
            verbose=0,
            callbacks=[EpochReport(total_epochs), *checkpoints.callbacks()],
        )
    finally:
        batches.close()
