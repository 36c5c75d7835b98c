import numpy as np
import pytest

from ml import runtime
from ml.preprocessing import preprocess
from tests.support.digits import ink

keras = pytest.importorskip("keras")
networks = pytest.importorskip("ml.model")


@pytest.fixture(scope="module")
def trained():
    """Weights that are neither the first ones nor good ones, logits as outputs."""
    model = networks.for_training(networks.build(seed=3))
    rng = np.random.default_rng(3)
    model.set_weights(
        [weights + rng.normal(0, 0.05, weights.shape) ** 2 for weights in model.get_weights()]
    )
    return model


@pytest.fixture(scope="module")
def pixels():
    drawn = [preprocess(ink(digit, pen=pen)) for digit in range(10) for pen in (8, 36, 60)]
    noise = np.random.default_rng(0).integers(0, 256, (30, 28, 28), dtype=np.uint8)
    edges = np.stack([np.zeros((28, 28), np.uint8), np.full((28, 28), 255, np.uint8)])
    return np.concatenate([drawn, noise, edges])


def softmax(logits):
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


def test_it_is_small():
    assert networks.build(0).count_params() <= 500_000


def test_the_same_seed_gives_the_same_weights():
    one, same, other = (networks.build(seed).get_weights() for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not np.array_equal(one[0], other[0])


def test_it_answers_with_ten_probabilities_and_a_score(pixels):
    model = networks.build(0)
    answer = model.predict(pixels[..., None], verbose=0)
    assert answer.shape == (len(pixels), 11)
    assert np.allclose(answer[:, :10].sum(axis=1), 1, atol=1e-5)
    assert ((answer >= 0) & (answer <= 1)).all()


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_temperature_divides_the_logits_and_nothing_else(trained, pixels, temperature):
    model = networks.calibrated(trained, temperature)
    logits = networks.logits(model).predict(pixels[..., None], verbose=0)
    answer = model.predict(pixels[..., None], verbose=0)
    expected = softmax(np.float64(logits[networks.DIGIT_LOGITS]) / temperature)
    assert np.allclose(answer[:, :10], expected, atol=1e-5)
    score = 1 / (1 + np.exp(-logits[networks.IS_DIGIT_LOGIT][:, 0]))
    assert np.allclose(answer[:, 10], score, atol=1e-5)


def test_what_was_trained_answers_alike_when_it_serves(trained, pixels):
    """Training computes in another precision, and normalizes in another operation."""
    learnt = trained.predict(pixels[..., None], verbose=0)
    served = networks.logits(networks.calibrated(trained, 1)).predict(pixels[..., None], verbose=0)
    for name, logits in served.items():
        assert np.abs(learnt[name] - logits).max() < 0.03 * np.abs(logits).max()


@pytest.mark.parametrize("training", [False, True])
def test_the_fused_normalization_is_keras_own(training):
    ours, theirs = networks.FusedBatchNormalization(), keras.layers.BatchNormalization()
    x = np.random.default_rng(0).normal(3, 2, (8, 5, 5, 4)).astype(np.float32)
    for _ in range(3):
        assert np.allclose(ours(x, training=training), theirs(x, training=training), atol=1e-5)
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        assert np.allclose(a, b, rtol=1e-2)  # of a batch's variance, one divides by n - 1


@pytest.mark.parametrize(("shares", "part"), [(None, 0.5), ([0.25, 0.75], 0.75)])
def test_weights_are_averaged_one_by_one(shares, part):
    one, two = networks.build(1), networks.build(2)
    weights = zip(one.get_weights(), two.get_weights(), strict=True)
    expected = [(1 - part) * a + part * b for a, b in weights]
    found = networks.average_weights([one, two], shares).get_weights()
    assert all(np.allclose(a, b) for a, b in zip(found, expected, strict=True))


def test_litert_answers_as_keras_does(trained, pixels):
    model = networks.calibrated(trained, 1.4)
    metadata = {"version": "test", "digit_threshold": 0.5}
    network = runtime.Network(networks.to_litert(model), metadata)
    expected = model.predict(pixels[..., None].astype(np.float32), verbose=0)
    scores = network.scores(pixels)
    assert np.abs(scores - expected).max() < 1e-5
    assert (scores[:, :10].argmax(axis=1) == expected[:, :10].argmax(axis=1)).all()


def test_the_two_files_that_ship_answer_alike(pixels):
    folder = runtime.bundled()
    model = keras.models.load_model(folder / runtime.KERAS_FILE)
    expected = model.predict(pixels[..., None].astype(np.float32), verbose=0)
    assert np.abs(runtime.Network.load(folder).scores(pixels) - expected).max() < 1e-5
    assert model.count_params() <= 500_000


def test_a_checkpoint_comes_back_with_its_optimizer(tmp_path, pixels):
    model = networks.for_training(networks.build(0))
    model.compile(keras.optimizers.AdamW(1e-3), dict.fromkeys(model.output, "mse"))
    wanted = {networks.DIGIT_LOGITS: np.ones((62, 10)), networks.IS_DIGIT_LOGIT: np.ones((62, 1))}
    model.fit(pixels[..., None], wanted, verbose=0)
    file = tmp_path / "epoch.keras"
    model.save(file)
    loaded = keras.models.load_model(file)
    assert int(loaded.optimizer.iterations) == int(model.optimizer.iterations) == 2
    for name, answer in model.predict(pixels[..., None], verbose=0).items():
        assert np.array_equal(loaded.predict(pixels[..., None], verbose=0)[name], answer)


def test_features_are_what_the_answer_is_made_of(pixels):
    model = networks.build(0)
    features = networks.features(model).predict(pixels[..., None], verbose=0)
    assert features.shape == (len(pixels), 256)
    kernel, bias = model.get_layer(networks.DIGIT_LOGITS).get_weights()
    logits = networks.logits(model).predict(pixels[..., None], verbose=0)
    assert np.allclose(features @ kernel + bias, logits[networks.DIGIT_LOGITS], atol=1e-4)
