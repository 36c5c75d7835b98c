"""Train a network: one folder of data in, one folder under ml/artifacts/ out."""

import argparse
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ml import corrections, data, runtime
from ml.arrays import BoolArray
from ml.checkpoint import CHECKPOINTS, Checkpoints
from ml.corrections import Corrections
from ml.dataset import MNIST_VALIDATION, Images, Sources, validation_images
from ml.files import sha256
from ml.label_errors import SUSPECT_AFTER, trusted_rows
from ml.parity import ParityError
from ml.release import release

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

EPOCHS = 36
SEED = 1
LEARNING_RATE = 2e-3
# Fine-tuning starts from a network that reads well: fewer and smaller steps. All of the original
# data are shown again, so that nothing is forgotten: an epoch takes a third longer than of a
# training from scratch, however many corrections there are.
FINE_TUNING_EPOCHS = 2
FINE_TUNING_RATE = 5e-4


@dataclass
class TrainingData:
    sources: Sources
    validation: Images  # of the original data
    trained: Corrections
    validated: Corrections
    suspected: Corrections  # of a wrong label, and not trained on

    def held_back(self) -> Images:
        return self.validated.pixels, self.validated.labels

    def calibration(self) -> Images:
        """Return all that no epoch shows."""
        pixels, labels = self.held_back()
        return (
            np.concatenate([self.validation[0], pixels]),
            np.concatenate([self.validation[1], labels]),
        )


def train(options: argparse.Namespace) -> Path:
    """Train, calibrate, evaluate and write. Returns the new folder.

    Resumes after the last whole epoch when it was interrupted with the same options.
    Raises FileNotFoundError or ValueError for data that are missing or no data, ParityError when
    the export differs.
    """
    base = _base(options)
    loaded = load(options, base)
    checkpoints = Checkpoints(options.output / CHECKPOINTS, _began_with(options))
    sources = fit(options, base, loaded, checkpoints)
    model, chosen = choose_weights(base, loaded.validation, checkpoints)
    folder = release(
        model,
        loaded.calibration(),
        options.data,
        options.output,
        _metadata(options, loaded, checkpoints) | chosen | _label_errors(loaded.sources, sources),
        _lineage(options.corrections, loaded),
    )
    checkpoints.remove()
    return folder


def _began_with(options: argparse.Namespace) -> dict[str, str]:
    """Return the options, and digests of the corrections: one exports to the same name again."""
    files = {str(file): sha256(file) for file in options.corrections}
    return {key: str(value) for key, value in vars(options).items()} | files


def load(options: argparse.Namespace, base: Any) -> TrainingData:
    mnist = data.load_mnist(options.data)["train"]
    digits, negatives = data.load_digits(options.data), data.load_negatives(options.data)
    corrected = corrections.without_holdout(corrections.load(options.corrections), options.holdout)
    corrected = corrections.keep_true_strokes(corrected)
    suspected = _suspected(options, base, corrected, [digits["train"], negatives["train"]])
    trained, validated = corrections.split(corrected.take(~suspected))
    sources = Sources(
        (mnist[0][:-MNIST_VALIDATION], mnist[1][:-MNIST_VALIDATION]),
        digits["train"],
        negatives["train"],
        trained,
    )
    validation = validation_images(mnist, digits["validation"], negatives["validation"])
    return TrainingData(sources, validation, trained, validated, corrected.take(suspected))


def _suspected(
    options: argparse.Namespace, base: Any, corrected: Corrections, known: list[data.Drawings]
) -> BoolArray:
    if base is None or not len(corrected):
        return np.zeros(len(corrected), np.bool_)
    from ml import finetuning

    return finetuning.suspected(base, corrected, known, options.corrections, options.seed)


def fit(
    options: argparse.Namespace, base: Any, loaded: TrainingData, checkpoints: Checkpoints
) -> Sources:
    """Train to the last epoch, or on to it. Returns the sources without suspected label errors."""
    from ml import fitting

    sources, validation = (
        loaded.sources,
        fitting.validation_batch(loaded.validation, loaded.held_back()),
    )
    with fitting.strategy().scope():
        model, epoch = checkpoints.latest()
        model = model or _compiled(options, base, sources)
    # Only a network that is trained from scratch still has to tell wrong labels from right ones.
    turn = 0 if base else int(SUSPECT_AFTER * options.epochs)
    run = {
        "seed": options.seed, "total_epochs": options.epochs, "checkpoints": checkpoints,
    }  # fmt: skip
    fitting.fit(model, sources, validation, epochs=range(epoch, turn), **run)
    if turn:
        sources = sources.take(**_trusted(sources, checkpoints, turn))
    fitting.fit(model, sources, validation, epochs=range(max(epoch, turn), options.epochs), **run)
    return sources


def _compiled(options: argparse.Namespace, base: Any, sources: Sources) -> Any:
    from ml import fitting
    from ml import model as networks

    model = networks.for_training(base or networks.build(options.seed))
    fitting.compile_model(
        model,
        learning_rate=FINE_TUNING_RATE if base else LEARNING_RATE,
        steps=options.epochs * fitting.steps_per_epoch(sources),
    )
    return model


def _trusted(sources: Sources, checkpoints: Checkpoints, epochs: int) -> dict[str, list[int]]:
    """Ask the best of the epochs so far: after the last, the loss may just have jumped."""
    rows = checkpoints.trusted_rows()
    if rows is None:
        model = checkpoints.load(int(np.argmin(checkpoints.history()["val_loss"][:epochs])) + 1)
        rows = {
            "digits": trusted_rows(model, sources.digits),
            "negatives": trusted_rows(model, sources.negatives),
        }
        checkpoints.save_trusted_rows(rows)
    return rows


def choose_weights(
    base: Any, validation: Images, checkpoints: Checkpoints
) -> tuple[Any, dict[str, Any]]:
    """Return the model to release, and how it came about.

    The epoch that validates best still takes large steps; the last one takes the smallest, and is
    overconfident. The average of their weights makes fewer mistakes on the validation part than
    either (compare Izmailov et al. 2018, https://arxiv.org/abs/1803.05407).
    """
    from ml import finetuning
    from ml import model as networks

    history = checkpoints.history()
    losses = history["val_loss"]
    chosen = sorted({int(np.argmin(losses)) + 1, len(losses)})
    model, alpha = networks.average_weights([checkpoints.load(epoch) for epoch in chosen]), None
    if base is not None:
        model, alpha = finetuning.interpolate_weights(base, model, validation)
    return model, {
        "averaged_epochs": chosen,
        "interpolation_alpha": alpha,
        "losses": history["loss"],
        "validation_losses": losses,
    }


def _base(options: argparse.Namespace) -> Any:
    if not options.base:
        return None
    from ml import finetuning

    return finetuning.load_base(options.base)


def _metadata(
    options: argparse.Namespace, loaded: TrainingData, checkpoints: Checkpoints
) -> dict[str, Any]:
    return {
        "git_commit": checkpoints.git_commit,
        "parent": Path(options.base).name if options.base else None,
        "data": _files(options, loaded.sources),
        "corrections": {
            "trained": len(loaded.trained),
            "validated": len(loaded.validated),
            "suspected": len(loaded.suspected),
        },
        "seed": options.seed,
        "epochs": options.epochs,
    }


def _label_errors(sources: Sources, trusted: Sources) -> dict[str, Any]:
    return {
        "suspected_label_errors": {
            "digits": len(sources.digits) - len(trusted.digits),
            "negatives": len(sources.negatives) - len(trusted.negatives),
        }
    }


def _files(options: argparse.Namespace, sources: Sources) -> list[dict[str, Any]]:
    """Return the name, the rows that were trained on, and the SHA-256 of every file."""
    rows = {
        data.MNIST_FILE: len(sources.mnist[0]),
        data.DIGITS_FILE: len(sources.digits),
        data.NEGATIVES_FILE: len(sources.negatives),
    }
    files = [data.describe(options.data / name, count) for name, count in rows.items()]
    for file in options.corrections:
        files.append(data.describe(file, len(corrections.load([file]))))
    return files


def _lineage(files: list[Path], loaded: TrainingData) -> dict[str, bytes]:
    """Return the file that names the submissions that a network was trained or validated on, or
    whose label was suspected, and the manifests of the exports that held them.
    """
    if not files:
        return {}
    lineage = {
        "trained": loaded.trained.ids.tolist(),
        "validated": loaded.validated.ids.tolist(),
        "suspected": loaded.suspected.ids.tolist(),
        # What was erased is in none of them, and may be named by the hundred thousand.
        "manifests": [
            {key: value for key, value in manifest.items() if key != "erased"}
            for manifest in corrections.manifests(files)
        ],
    }
    return {runtime.LINEAGE_FILE: json.dumps(lineage, indent=1).encode() + b"\n"}


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ml.train", description=__doc__)
    add = parser.add_argument
    # fmt: off
    add("--data", type=Path, default=Path("var/data"), metavar="DIR",
        help="where mnist.npz and the pen drawings are (default: %(default)s)")
    add("--corrections", type=Path, nargs="+", default=[], metavar="FILE",
        help="reviewed drawings, exported as npz; of a drawing in several the last counts")
    add("--base", metavar="VERSION",
        help="fine-tune this one of ml/artifacts/, or the one in the folder of this absolute path")
    add("--holdout", type=int, choices=range(100), default=0, metavar="PERCENT",
        help="of the visitors: their corrections are not trained on, so that networks can be"
        " compared on them (default: %(default)s)")
    add("--epochs", type=int, metavar="N",
        help=f"default: {EPOCHS}, with --base {FINE_TUNING_EPOCHS}")
    add("--output", type=Path, default=runtime.ARTIFACTS, metavar="DIR",
        help="the new version becomes a folder in it (default: ml/artifacts)")
    add("--seed", type=int, default=SEED, help="default: %(default)s")
    # fmt: on
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
    print(
        f"Wrote {folder}: {metrics['mnist']['accuracy']:.2%} of MNIST's test set, "
        f"{metrics['pens']['medium']['accuracy']:.2%} of the pen drawings of unseen writers."
    )


if __name__ == "__main__":
    main()
