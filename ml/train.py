"""Train a network: one folder of data in, one folder under ml/artifacts/ out."""

import argparse
import json
import os
import shutil
import sys
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import Any

import numpy as np

from ml import corrections, data, runtime
from ml.checkpoint import Checkpoint
from ml.corrections import Corrections
from ml.release import ParityError, release, softmax
from ml.samples import Samples, Sources, as_drawn, make_epoch, samples_an_epoch, targets

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

Array = np.ndarray[Any, np.dtype[Any]]

EPOCHS = 48
SEED = 1
BATCH = 256
LEARNING_RATE = 2e-3
WEIGHT_DECAY = 0.05
LABEL_SMOOTHING = 0.02
# Learning from corrections starts from a network that reads well: fewer and smaller steps. All of
# the original data are shown again, so that nothing is forgotten.
FINE_TUNING_EPOCHS = 3
FINE_TUNING_RATE = 5e-4
# How far it goes from the base to what was trained: the first of these parts of the way at which
# no more than so much less of the validation part is read right, or else the last.
PARTS = (0.75, 0.5)
BORNE = 0.0005
# Taken from the end of MNIST's training part, to calibrate on and to choose by.
MNIST_VALIDATION = 5_000
VALIDATION_PENS = (6, 18, 30)
# After this part of the epochs the network has seen enough to doubt labels, and has not yet
# learnt the wrong ones by heart.
DOUBT_AFTER = 0.3
DOUBT = 0.95
# Drawings with known labels beside which corrections are doubted.
KNOWN = 3_000


def train(options: argparse.Namespace) -> Path:
    """Train, calibrate, measure and write. Returns the new folder.

    Goes on from the last whole epoch when it was interrupted with the same options.
    Raises FileNotFoundError or ValueError for data that are missing or no data, ParityError when
    the export differs.
    """
    from tqdm.keras import TqdmCallback

    from ml import model as networks

    mnist = data.load_mnist(options.data)["train"]
    digits, other = data.load_digits(options.data), data.load_other(options.data)
    corrected = corrections.without_judges(
        corrections.load(options.corrections), options.judges
    )
    wrong = _doubted(options, corrected, digits["train"], other["train"])
    learnt, held_back = corrections.split(corrected.take(~wrong))
    sources = Sources(
        (mnist[0][:-MNIST_VALIDATION], mnist[1][:-MNIST_VALIDATION]),
        digits["train"],
        other["train"],
        (learnt.pixels, learnt.labels),
    )
    known = _validation(mnist, digits["validation"], other["validation"])
    checkpoint = Checkpoint.open(
        options.output / ".training", {key: str(value) for key, value in vars(options).items()}
    )
    model = _model(options, checkpoint, samples_an_epoch(sources))
    kept = checkpoint.believed(sources)

    # Painting the next epoch takes a core of its own for a third of the time that training on
    # this one takes. Spawned, because TensorFlow's threads don't survive a fork.
    with ProcessPoolExecutor(1, get_context("spawn"), _end_with_parent) as painter:
        painting = None
        for epoch in range(checkpoint.epoch, options.epochs):
            painting = painting or painter.submit(make_epoch, kept, options.seed, epoch)
            moments = [monotonic()]
            samples = painting.result()
            moments.append(monotonic())
            if not options.base and epoch and epoch == int(DOUBT_AFTER * options.epochs):
                checkpoint.digits = _believed(model, sources.digits)
                checkpoint.other = _believed(model, sources.other)
                kept = checkpoint.believed(sources)
            if epoch + 1 < options.epochs:
                painting = painter.submit(make_epoch, kept, options.seed, epoch + 1)
            history = model.fit(
                _batches(samples),
                shuffle=False,  # the samples are
                verbose=0,
                callbacks=[TqdmCallback(verbose=1, leave=False)],
            )
            moments.append(monotonic())
            checkpoint.epoch = epoch + 1
            checkpoint.losses.append(history.history["loss"][0])
            # Strangers' drawings count as much as all that it read before.
            checkpoint.validation_losses.append(
                _loss(model, *known) + _loss(model, held_back.pixels, held_back.labels)
            )
            checkpoint.save(model)
            moments.append(monotonic())
            waited, learnt_for, validated_for = (b - a for a, b in pairwise(moments))
            print(
                f"Epoch {checkpoint.epoch} of {options.epochs}: loss {checkpoint.losses[-1]:.4f},"
                f" validation {checkpoint.validation_losses[-1]:.4f}; waited {waited:.0f} s for"
                f" painting, learnt {learnt_for:.0f} s, validated {validated_for:.0f} s",
                file=sys.stderr,
            )

    # The epoch that validates best still takes large steps; the last one takes the smallest, and is
    # too sure of itself. The mean of their weights makes fewer mistakes on the validation part than
    # either (compare Izmailov et al. 2018, https://arxiv.org/abs/1803.05407).
    best = int(np.argmin(checkpoint.validation_losses)) + 1
    chosen = sorted({best, checkpoint.epoch})
    models = [networks.load(checkpoint.model_file(epoch)) for epoch in chosen]
    trained, part = networks.mean(models), None
    if options.base:
        trained, part = _part_of_the_way(options, trained, *known)
    folder = release(
        trained,
        (
            np.concatenate([known[0], held_back.pixels]),
            np.concatenate([known[1], held_back.labels]),
        ),
        options.data,
        options.output,
        {
            "git_commit": checkpoint.commit,
            "parent": Path(options.base).name if options.base else None,
            "data": _described(options, sources),
            "corrections": {
                "learnt": len(learnt),
                "validated": len(held_back),
                "doubted": int(wrong.sum()),
            },
            "seed": options.seed,
            "epochs": options.epochs,
            "mean_of_epochs": chosen,
            "part_of_the_way": part,
            "losses": checkpoint.losses,
            "validation_losses": checkpoint.validation_losses,
            "labels_not_believed": {
                "digits": len(sources.digits) - len(kept.digits),
                "other": len(sources.other) - len(kept.other),
            },
        },
        _lineage(options.corrections, learnt, held_back, corrected.take(wrong)),
    )
    shutil.rmtree(checkpoint.folder)
    return folder


def _end_with_parent() -> None:
    """In the painter: a training that is killed can't tell it to stop."""

    def wait() -> None:
        parent = parent_process()
        if parent:
            parent.join()
            os._exit(1)

    Thread(target=wait, daemon=True).start()


def _model(options: argparse.Namespace, checkpoint: Checkpoint, samples: int) -> Any:
    import keras

    from ml import model as networks

    if checkpoint.epoch:
        return networks.load(checkpoint.model_file(checkpoint.epoch))
    model = networks.for_training(
        _base(options) if options.base else networks.build(options.seed)
    )
    steps = options.epochs * -(-samples // BATCH)
    rate = FINE_TUNING_RATE if options.base else LEARNING_RATE
    warmup = steps // 20
    optimizer = keras.optimizers.AdamW(
        keras.optimizers.schedules.CosineDecay(
            rate / 100, steps - warmup, warmup_target=rate, warmup_steps=warmup
        ),
        weight_decay=WEIGHT_DECAY,
    )
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    model.compile(
        optimizer,
        {
            networks.DIGIT_LOGITS: keras.losses.CategoricalCrossentropy(
                from_logits=True, label_smoothing=LABEL_SMOOTHING
            ),
            networks.IS_DIGIT_LOGIT: keras.losses.BinaryCrossentropy(from_logits=True),
        },
    )
    return model


def _batches(samples: Samples) -> Any:
    """A tf.data.Dataset of pixels, what each head shall answer, and weights."""
    import tensorflow as tf

    dataset = tf.data.Dataset.from_tensor_slices((samples.pixels, *targets(samples.labels)))
    options = tf.data.Options()
    # Its thread wakes up after 10, 20, 40, ... seconds in all, and no epoch ends before it does.
    options.autotune.enabled = False
    return dataset.batch(BATCH).prefetch(2).with_options(options)


def _base(options: argparse.Namespace) -> Any:
    from ml import model as networks

    folder = runtime.ARTIFACTS / options.base  # or where an absolute path leads
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no version {options.base} in {runtime.ARTIFACTS}.")
    return networks.load(folder / runtime.KERAS_FILE)


def _validation(
    mnist: tuple[Array, Array], digits: data.Drawings, other: data.Drawings
) -> tuple[Array, Array]:
    """What no epoch shows: pixels uint8 (n, 28, 28) and labels uint8 (n,)."""
    pens = [as_drawn(digits, pen=pen) for pen in VALIDATION_PENS]
    pixels = [mnist[0][-MNIST_VALIDATION:], *pens, as_drawn(other)]
    labels = [mnist[1][-MNIST_VALIDATION:], *[digits.labels] * len(pens), other.labels]
    return np.concatenate(pixels), np.concatenate(labels)


def _loss(model: Any, pixels: Array, labels: Array) -> float:
    if not len(labels):
        return 0.0
    wanted, weights = targets(labels)
    return float(
        model.evaluate(
            pixels[..., None], wanted, sample_weight=weights, batch_size=1024, verbose=0
        )[0]
    )


def _part_of_the_way(
    options: argparse.Namespace, trained: Any, pixels: Array, labels: Array
) -> tuple[Any, float]:
    """Between the base and what it was trained to, where it has forgotten next to nothing.

    Part of the way it knows most of what it has just learnt, and more of what it knew before than
    at the end (Wortsman et al. 2022, https://arxiv.org/abs/2109.01903).
    """
    from ml import model as networks

    digits = labels != data.NOT_A_DIGIT
    mnist = np.arange(len(labels)) < MNIST_VALIDATION  # these come first

    def read_right(model: Any) -> Array:
        """Parts of MNIST's images and of the pen drawings."""
        answers = model.predict(pixels[..., None], batch_size=1024, verbose=0)["digit_logits"]
        right = answers.argmax(axis=1) == labels
        return np.array([right[mnist].mean(), right[digits & ~mnist].mean()])

    base = networks.for_training(_base(options))
    before = read_right(base)
    for part in PARTS:
        model = networks.mean([base, trained], [1 - part, part])
        after = read_right(model)
        if (after >= before - BORNE).all():
            break
    print(
        f"Went {part:.0%} of the way: of the validation part {after[0]:.2%} of MNIST and"
        f" {after[1]:.2%} of the pen drawings are read right, before {before[0]:.2%} and"
        f" {before[1]:.2%}.",
        file=sys.stderr,
    )
    return model, part


def _believed(model: Any, drawings: data.Drawings) -> list[int]:
    """Rows whose label the network does not confidently contradict.

    UNIPEN's labels are a few percent wrong, and some letters can't be told from digits. A network
    that has not yet learnt those by heart finds them (Northcutt et al. 2021,
    https://doi.org/10.1613/jair.1.12125).
    """
    answer = model.predict(as_drawn(drawings)[..., None], batch_size=1024, verbose=0)
    shares = softmax(answer["digit_logits"])
    is_digit = 1 / (1 + np.exp(-answer["is_digit_logit"][:, 0]))
    another = (shares.max(axis=1) > DOUBT) & (shares.argmax(axis=1) != drawings.labels)
    doubted = np.where(drawings.labels == data.NOT_A_DIGIT, is_digit > DOUBT, another)
    return np.flatnonzero(~doubted).tolist()


def _doubted(
    options: argparse.Namespace, corrected: Corrections, *known: data.Drawings
) -> Array:
    """Corrections whose label looks wrong to what the base network makes of them: bool (n,)."""
    if not (options.base and len(corrected)):
        return np.zeros(len(corrected), bool)
    from ml import model as networks

    rng = np.random.default_rng(options.seed)
    some = [part.take(rng.permutation(len(part))[:KNOWN]) for part in known]
    features = networks.features(_base(options))
    drawn = np.concatenate([as_drawn(part) for part in some])
    return corrections.doubted(
        corrected,
        features.predict(corrected.pixels[..., None], batch_size=1024, verbose=0),
        features.predict(drawn[..., None], batch_size=1024, verbose=0),
        np.concatenate([part.labels for part in some]),
        corrections.confirmed(options.corrections),
    )


def _lineage(
    files: list[Path], learnt: Corrections, held_back: Corrections, wrong: Corrections
) -> dict[str, bytes]:
    """Ids of the submissions that a network learnt from, chose by, or was too doubtful to learn,
    and what the exports said that held them."""
    if not files:
        return {}
    lineage = {
        "learnt": learnt.ids.tolist(),
        "validated": held_back.ids.tolist(),
        "doubted": wrong.ids.tolist(),
        "manifests": corrections.manifests(files),
    }
    return {runtime.LINEAGE_FILE: json.dumps(lineage, indent=1).encode() + b"\n"}


def _described(options: argparse.Namespace, sources: Sources) -> list[dict[str, Any]]:
    """Names, rows that were trained on, and SHA-256 of every file."""
    rows = {
        data.MNIST_FILE: len(sources.mnist[0]),
        data.DIGITS_FILE: len(sources.digits),
        data.OTHER_FILE: len(sources.other),
    }
    described = [data.describe(options.data / name, count) for name, count in rows.items()]
    for file in options.corrections:
        described.append(data.describe(file, len(corrections.load([file]))))
    return described


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ml.train", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("var/data"), metavar="DIR",
                        help="where mnist.npz and the pen drawings are (default: %(default)s)")
    parser.add_argument("--corrections", type=Path, nargs="+", default=[], metavar="FILE",
                        help="reviewed drawings, exported as npz")
    parser.add_argument("--base", metavar="VERSION",
                        help="fine-tune this one of ml/artifacts/, or in a folder of its own")
    parser.add_argument("--judges", type=int, choices=range(100), default=0, metavar="PERCENT",
                        help="of the visitors: their corrections are not learnt, so that they can "
                        "judge the network (default: %(default)s)")
    parser.add_argument("--epochs", type=int, metavar="N",
                        help=f"default: {EPOCHS}, with --base {FINE_TUNING_EPOCHS}")
    parser.add_argument("--output", type=Path, default=runtime.ARTIFACTS, metavar="DIR",
                        help="the new version becomes a folder in it (default: ml/artifacts)")
    parser.add_argument("--seed", type=int, default=SEED, help="default: %(default)s")
    return parser


def main(arguments: list[str] | None = None) -> None:
    options = parser().parse_args(arguments)
    if options.epochs is None:
        options.epochs = FINE_TUNING_EPOCHS if options.base else EPOCHS
    try:
        folder = train(options)
    except (FileNotFoundError, ParityError, ValueError) as error:
        sys.exit(f"ml.train: {error}")
    metrics = json.loads((folder / runtime.METADATA_FILE).read_text())["metrics"]
    print(f"Wrote {folder}: {metrics['mnist']['accuracy']:.2%} of MNIST's test set, "
          f"{metrics['pens']['medium']['accuracy']:.2%} of the pen drawings of unseen writers.")


if __name__ == "__main__":
    main()
