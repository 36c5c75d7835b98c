import pickle

import numpy as np
import pytest

from ml import data, dataset, finetuning, runtime
from ml import model as networks
from ml.corrections import keep_true_strokes
from ml.metrics import softmax
from ml.strangers import STRANGERS, __main__, methods
from ml.strangers.drawing import MNIST, PENS, Exam, Lessons, draw_corrections
from ml.styles import box
from tests.support.digits import DIGITS, make_data


def drawn(name, digit, seed=1):
    return STRANGERS[name](DIGITS[digit], np.random.default_rng(seed))


@pytest.mark.parametrize("name", STRANGERS)
def test_a_stranger_draws_otherwise_and_the_same_with_the_same_seed(name):
    ten = [*DIGITS[1], *DIGITS[0]]
    before = pickle.dumps(ten)
    first, again = (STRANGERS[name](ten, np.random.default_rng(1)) for _ in range(2))
    assert all((one == other).all() for one, other in zip(first, again, strict=True))
    assert pickle.dumps(ten) == before
    assert pickle.dumps([points.astype(np.float32) for points in ten]) != pickle.dumps(
        [points.astype(np.float32) for points in first]
    )
    assert all(len(points) and np.isfinite(points).all() for points in first)


def test_each_does_what_it_says():
    four, zero = DIGITS[4], DIGITS[0]
    _, (width, height) = box(four)
    assert len(drawn("pen-ups lost", 4)) == 1
    assert len(np.unique(np.concatenate(drawn("coarse grid", 0))[:, 0])) <= 11
    leaning = drawn("slant", 1)[0]
    assert leaning[0, 0] - leaning[-1, 0] > 0.7 * box(DIGITS[1])[1][1]  # its top, to the right
    assert box(drawn("squeezed", 4))[1][0] < 0.46 * width
    assert box(drawn("flattened", 4))[1][1] < 0.46 * height
    late = drawn("starts lost", 0)[0]
    assert 0.8 * len(zero[0]) <= len(late) < 0.96 * len(zero[0])
    assert (late[-1] == zero[0][-1]).all()
    assert len(drawn("slow", 0)[0]) in (6, 7)
    assert 1 < np.abs(drawn("shaking", 0)[0] - zero[0]).std() < 6


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_data(tmp_path_factory.mktemp("data"))


def test_everybody_draws_corrections_on_one_tablet(folder, monkeypatch):
    told = {}
    for name in STRANGERS:
        monkeypatch.setitem(
            STRANGERS,
            name,
            lambda strokes, rng, name=name: told.setdefault(id(strokes), name) and strokes,
        )
    people = data.load_digits(folder)["train"]
    found = draw_corrections(people, np.random.default_rng(1))
    owned = {
        (writer, told[id(strokes)])
        for writer, strokes in zip(people.writers, people.strokes, strict=True)
    }
    assert len(owned) == len(set(people.writers)) == 2
    assert len({tablet for _, tablet in owned}) == 2
    assert (found.labels == people.labels).all() and list(found.visitors) == people.writers


def test_corrections_look_as_their_strokes_do(folder):
    people = data.load_digits(folder)["train"]
    found = draw_corrections(people, np.random.default_rng(1))
    assert all(keep_true_strokes(found).strokes)
    assert len({float(widths[0]) for widths in found.widths}) == 3


def test_mistakes_are_counted_by_tablet(folder):
    digits, mnist = data.load_digits(folder)["validation"], data.load_mnist(folder)["test"]
    exam = Exam.of(digits, mnist, np.random.default_rng(1))
    assert exam.size() == {**dict.fromkeys(STRANGERS, 20), PENS: 20, MNIST: 40}
    answers = np.concatenate([labels for _, labels in exam.parts.values()])
    assert len(exam.pixels()) == len(answers)
    assert set(exam.mistakes(answers).values()) == {0}
    answers[0], answers[-2:] = 11, 11
    wrong = {name: count for name, count in exam.mistakes(answers).items() if count}
    assert wrong == {"pen-ups lost": 1, MNIST: 2}


def test_ordinary_pens_are_those_of_the_page(folder):
    digits, mnist = data.load_digits(folder)["validation"], data.load_mnist(folder)["test"]
    pixels, labels = Exam.of(digits, mnist, np.random.default_rng(1)).parts[PENS]
    network = runtime.Network.load(runtime.bundled())
    assert (network.scores(pixels)[:, :10].argmax(axis=1) == labels).mean() > 0.9


def images(labels):
    labels = np.array(labels, np.uint8)
    return np.repeat(labels[:, None, None], 28, 1).repeat(28, 2), labels


def test_an_epoch_has_the_share_of_corrections():
    lessons = Lessons([images([1, 2, 3]), images([4, 5, 6])], images([7, 8]))
    replay, corrections = lessons.epoch(1, 0.5)
    assert replay[1].tolist() == [4, 5, 6] and corrections[1].tolist() == [8, 7, 8]
    assert len(lessons.epoch(0, 0.25)[1][1]) == 1
    assert (corrections[0][:, 0, 0] == corrections[1]).all()


def test_repeated_corrections_are_few_among_few_and_most_among_many():
    assert methods.repeated(50) == pytest.approx(750 / 124_750)
    assert methods.repeated(50_000) > 0.85


def learnt(**options):
    base = networks.for_training(finetuning.load_base(str(runtime.bundled())))
    lessons = Lessons([images([1, 2, 3])], images([7, 8]))
    method = methods.Method(methods.fixed(0.5), **options)
    end = methods.learn(base, lessons, method, 2, np.random.default_rng(1))
    return base.get_weights(), end.get_weights()


def test_the_head_alone_learns():
    changed = [not np.array_equal(*pair) for pair in zip(*learnt(head_alone=True), strict=True)]
    assert sum(changed) == changed[-4:].count(True) == 4  # two layers' weights and biases


def test_a_distilled_network_learns_what_the_base_answers(monkeypatch):
    told = []

    def compile_model(model, **options):
        monkeypatch.setattr(model, "fit", lambda pixels, wanted, **options: told.append(wanted))

    monkeypatch.setattr(methods.fitting, "compile_model", compile_model)
    base, _ = learnt(distilled=True)
    pixels, _ = images([1, 2, 3])
    answers = networks.for_training(finetuning.load_base(str(runtime.bundled()))).predict(
        pixels[..., None], verbose=0
    )
    sure = sorted(told[0]["digit_logits"].max(axis=1))
    assert len(sure) == 6
    assert sure[:3] == pytest.approx(sorted(softmax(answers["digit_logits"]).max(axis=1)), abs=1e-3)
    assert sure[3:] == [1, 1, 1]  # of the corrections, the labels


@pytest.mark.slow
def test_the_table_is_measured_once(folder, tmp_path, monkeypatch, capsys):
    for name, value in {"NEGATIVES": 40, "SYNTHETIC_NEGATIVES": 10, "MNIST_PAIRS": 10}.items():
        monkeypatch.setattr(dataset, name, value)
    monkeypatch.setattr(__main__, "MNIST_VALIDATION", 30)
    monkeypatch.setattr(__main__, "COUNTS", (5, 20))
    monkeypatch.setattr(__main__, "EPOCHS", 1)
    for name in set(methods.METHODS) - {"half, head alone"}:
        monkeypatch.delitem(methods.METHODS, name)
    output = tmp_path / "rows.ndjson"
    __main__.main(["--data", str(folder), "--output", str(output)])
    rows = __main__.read(output)
    cells = [(row["count"], row["method"], row["alpha"]) for row in rows]
    measured = [
        (count, name, alpha)
        for count in (5, 20)
        for name in methods.METHODS
        for alpha in __main__.ALPHAS
    ]
    assert cells == [(0, "none", 0), *measured]
    assert set(rows[0]["test"]) == {*STRANGERS, PENS, MNIST}
    text = capsys.readouterr().out
    assert len(text.splitlines()) == len(rows) + 2 and f"{len(rows)} rows, measured on 240" in text

    monkeypatch.setattr(methods, "learn", None)
    __main__.main(["--data", str(folder), "--output", str(output)])
    assert __main__.read(output) == rows


def test_missing_data_are_refused_in_a_sentence(tmp_path):
    with pytest.raises(SystemExit) as stopped:
        __main__.main(["--data", str(tmp_path), "--output", str(tmp_path / "rows.ndjson")])
    assert "ml.strangers: " in stopped.value.code and "mnist.npz is missing" in stopped.value.code


def test_few_corrections_are_shown_no_oftener_than_in_a_training():
    shares = [methods.METHODS["quarter of each epoch"].share(count) for count in (50, 1_000)]
    shown = 50 * dataset.CORRECTION_REPEATS
    assert shares == [shown / (shown + methods.ORIGINAL), dataset.CORRECTION_SHARE]
