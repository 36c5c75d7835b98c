"""Train a network: one folder of data in, one folder under ml/artifacts/ out."""

import argparse
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from ml import data, evaluate, preprocessing, runtime
from ml.samples import Sources, as_drawn, make_epoch, samples_an_epoch, targets

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

Array = np.ndarray[Any, np.dtype[Any]]

EPOCHS = 30
FINE_TUNING_EPOCHS = 5
SEED = 1
BATCH = 256
LEARNING_RATE = 2e-3
FINE_TUNING_RATE = 3e-4
WEIGHT_DECAY = 1e-3
LABEL_SMOOTHING = 0.02
# Taken from the end of MNIST's training part, to fit the temperature and the threshold.
MNIST_VALIDATION = 5_000
# After this part of the epochs the network has seen enough to doubt labels, and has not yet
# learnt the wrong ones by heart.
DOUBT_AFTER = 0.3
DOUBT = 0.95
# The threshold of "is a digit" keeps so many of the validation part's digits.
KEEP_DIGITS = 0.992
# The largest difference of a probability between Keras and LiteRT.
PARITY = 1e-5


@dataclass
class Checkpoint:
    """The state of a training after its last whole epoch, in a folder beside the output."""

    folder: Path
    options: dict[str, Any]
    epoch: int = 0
    losses: list[float] = field(default_factory=list)
    # Rows of the training parts whose labels are believed; None before the network doubts any.
    digits: list[int] | None = None
    other: list[int] | None = None

    @classmethod
    def open(cls, folder: Path, options: dict[str, Any]) -> "Checkpoint":
        """Where an interrupted training with the same options stopped, or the beginning."""
        state = folder / "state.json"
        if state.is_file():
            saved = json.loads(state.read_text())
            if saved["options"] == options:
                return cls(**{**saved, "folder": folder})
            shutil.rmtree(folder)
        return cls(folder, options)

    @property
    def model_file(self) -> Path:
        return self.folder / f"epoch-{self.epoch}.keras"

    def believed(self, sources: Sources) -> Sources:
        if self.digits is None or self.other is None:
            return sources
        return replace(
            sources,
            digits=sources.digits.take(self.digits),
            other=sources.other.take(self.other),
        )

    def save(self, model: Any) -> None:
        """The model first, then the state that names it: an interruption between is harmless."""
        self.folder.mkdir(parents=True, exist_ok=True)
        model.save(self.model_file)
        unfinished = self.folder / "state.json.new"
        unfinished.write_text(json.dumps({**asdict(self), "folder": None}))
        unfinished.rename(self.folder / "state.json")
        (self.folder / f"epoch-{self.epoch - 1}.keras").unlink(missing_ok=True)


def train(options: argparse.Namespace) -> Path:
    """Train, calibrate, measure and write. Returns the new folder.

    Goes on from the last whole epoch when it was interrupted with the same options.
    Raises FileNotFoundError when data are missing, ParityError when the export differs.
    """
    from tqdm.keras import TqdmCallback

    mnist = data.load_mnist(options.data)
    digits, other = data.load_digits(options.data), data.load_other(options.data)
    sources = Sources(
        tuple(part[:-MNIST_VALIDATION] for part in mnist["train"]),
        digits["train"],
        other["train"],
        data.load_corrections(options.corrections),
    )
    checkpoint = Checkpoint.open(
        options.output / ".training", {key: str(value) for key, value in vars(options).items()}
    )
    model = _model(options, checkpoint, samples_an_epoch(sources))
    kept = checkpoint.believed(sources)

    # Painting the next epoch takes a core of its own for a third of the time that training on
    # this one takes. Spawned, because TensorFlow's threads don't survive a fork.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as painter:
        painting = painter.submit(make_epoch, kept, options.seed, checkpoint.epoch)
        for epoch in range(checkpoint.epoch, options.epochs):
            samples = painting.result()
            if epoch and epoch == int(DOUBT_AFTER * options.epochs):
                checkpoint.digits = believed(model, sources.digits)
                checkpoint.other = believed(model, sources.other)
                kept = checkpoint.believed(sources)
            if epoch + 1 < options.epochs:
                painting = painter.submit(make_epoch, kept, options.seed, epoch + 1)
            print(f"Epoch {epoch + 1} of {options.epochs}", file=sys.stderr)
            wanted, weights = targets(samples)
            history = model.fit(
                samples.pixels,
                wanted,
                sample_weight=weights,
                batch_size=BATCH,
                shuffle=False,
                verbose=0,
                callbacks=[TqdmCallback(verbose=1, leave=False)],
            )
            checkpoint.epoch = epoch + 1
            checkpoint.losses.append(history.history["loss"][0])
            checkpoint.save(model)
    folder = _finish(options, checkpoint, model, sources, digits["validation"], mnist)
    shutil.rmtree(checkpoint.folder)
    return folder


def believed(model: Any, drawings: data.Drawings) -> list[int]:
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


def fit_temperature(logits: Array, labels: Array) -> float:
    """The temperature with the least negative log-likelihood (Guo et al. 2017, arXiv:1706.04599).

    logits: float (n, 10). labels: int (n,).
    """

    def loss(temperature: float) -> float:
        shares = softmax(logits / temperature)
        return float(-np.log(shares[np.arange(len(labels)), labels] + 1e-12).mean())

    return float(min(np.geomspace(0.2, 5, 400), key=loss))


def softmax(logits: Array) -> Array:
    """Float64 of the shape of logits, the last axis summing to 1."""
    shares = np.exp(np.float64(logits) - logits.max(axis=-1, keepdims=True))
    return shares / shares.sum(axis=-1, keepdims=True)


class ParityError(RuntimeError):
    """The LiteRT export answers otherwise than the Keras network."""


def _model(options: argparse.Namespace, checkpoint: Checkpoint, samples: int) -> Any:
    import keras

    from ml import model as networks

    if checkpoint.epoch:
        return keras.models.load_model(checkpoint.model_file)
    model = networks.build(options.seed)
    if options.base:
        base = keras.models.load_model(runtime.ARTIFACTS / options.base / runtime.KERAS_FILE)
        model.set_weights(base.get_weights())
    steps = options.epochs * -(-samples // BATCH)
    rate = FINE_TUNING_RATE if options.base else LEARNING_RATE
    warmup = steps // 20
    model = networks.for_training(model)
    model.compile(
        keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(
                rate / 100, steps - warmup, warmup_target=rate, warmup_steps=warmup
            ),
            weight_decay=WEIGHT_DECAY,
        ),
        {
            networks.DIGIT_LOGITS: keras.losses.CategoricalCrossentropy(
                from_logits=True, label_smoothing=LABEL_SMOOTHING
            ),
            networks.IS_DIGIT_LOGIT: keras.losses.BinaryCrossentropy(from_logits=True),
        },
    )
    return model


def _finish(
    options: argparse.Namespace,
    checkpoint: Checkpoint,
    trained: Any,
    sources: Sources,
    validation: data.Drawings,
    mnist: dict[str, tuple[Array, Array]],
) -> Path:
    """Calibrate on the validation part, export, hold the export against Keras, measure, write."""
    from ml import model as networks

    pens = (6, 18, 30)
    mnist_pixels, mnist_labels = (part[-MNIST_VALIDATION:] for part in mnist["train"])
    pixels = np.concatenate([mnist_pixels, *(as_drawn(validation, pen=pen) for pen in pens)])
    labels = np.concatenate([mnist_labels, *(validation.labels for _ in pens)])
    answer = trained.predict(pixels[..., None], batch_size=1024, verbose=0)
    temperature = fit_temperature(answer[networks.DIGIT_LOGITS], labels)
    scores = 1 / (1 + np.exp(-answer[networks.IS_DIGIT_LOGIT][:, 0]))

    untempered = networks.build(options.seed)
    networks.for_training(untempered).set_weights(trained.get_weights())
    model = networks.set_temperature(untempered, temperature)
    created = datetime.now(UTC)
    metadata: dict[str, Any] = {
        "version": created.strftime("%Y%m%d-%H%M%S"),
        "created_at": created.isoformat(timespec="seconds"),
        "git_commit": _git_commit(),
        "preprocessing": preprocessing.VERSION,
        "parent": options.base,
        "data": _described(options, sources, mnist),
        "seed": options.seed,
        "epochs": options.epochs,
        "losses": checkpoint.losses,
        "labels_not_believed": {
            "digits": len(sources.digits) - len(checkpoint.digits or sources.digits),
            "other": len(sources.other) - len(checkpoint.other or sources.other),
        },
        "parameters": model.count_params(),
        "temperature": temperature,
        "digit_threshold": float(np.quantile(scores, 1 - KEEP_DIGITS)),
    }
    litert = networks.to_litert(model)
    network = runtime.Network(litert, metadata)
    test = mnist["test"][0]
    expected = model.predict(test[..., None].astype(np.float32), batch_size=1024, verbose=0)
    difference = float(np.abs(network.scores(test) - expected).max())
    if difference > PARITY:
        raise ParityError(f"LiteRT differs from Keras by {difference}, more than {PARITY}.")
    metadata["parity"] = difference
    metadata["metrics"] = evaluate.test(network, options.data).metrics()

    folder = options.output / metadata["version"]
    with TemporaryDirectory() as temporary:
        keras_file = Path(temporary, runtime.KERAS_FILE)
        model.save(keras_file)
        files = {
            runtime.KERAS_FILE: keras_file.read_bytes(),
            runtime.MODEL_FILE: litert,
            runtime.METADATA_FILE: json.dumps(metadata, indent=1).encode() + b"\n",
        }
    runtime.write(folder, files)
    return folder


def _described(
    options: argparse.Namespace, sources: Sources, mnist: dict[str, tuple[Array, Array]]
) -> list[dict[str, Any]]:
    """Names, rows that were trained on, and SHA-256 of every file."""
    rows = {
        data.MNIST_FILE: len(sources.mnist[0]),
        data.DIGITS_FILE: len(sources.digits),
        data.OTHER_FILE: len(sources.other),
    }
    described = [data.describe(options.data / name, count) for name, count in rows.items()]
    for file in options.corrections:
        described.append(data.describe(file, len(data.load_corrections([file])[0])))
    return described


def _git_commit() -> str | None:
    """None outside a checkout."""
    try:
        git = ["git", "describe", "--always", "--abbrev=40", "--dirty"]
        done = subprocess.run(git, capture_output=True, cwd=Path(__file__).parent, text=True)
    except FileNotFoundError:
        return None
    return done.stdout.strip() or None


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ml.train", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("var/data"), metavar="DIR",
                        help="where mnist.npz and the pen drawings are (default: %(default)s)")
    parser.add_argument("--corrections", type=Path, nargs="+", default=[], metavar="FILE",
                        help="reviewed drawings, exported as npz")
    parser.add_argument("--base", metavar="VERSION", help="fine-tune this one of ml/artifacts/")
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
    except (FileNotFoundError, ParityError, KeyError) as error:
        sys.exit(f"ml.train: {error}")
    metrics = json.loads((folder / runtime.METADATA_FILE).read_text())["metrics"]
    print(f"Wrote {folder}: {metrics['mnist']['accuracy']:.2%} of MNIST's test set, "
          f"{metrics['pens']['medium']['accuracy']:.2%} of the pen drawings of unseen writers.")


if __name__ == "__main__":
    main()
