"""The Keras network, and its way to LiteRT."""

import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile

import keras
import numpy as np
from keras import layers

DIGITS = 10
# Names of the layers that training reaches for.
DIGIT_LOGITS = "digit_logits"
IS_DIGIT_LOGIT = "is_digit_logit"


def build(seed: int) -> keras.Model:
    """The network that serves, untrained.

    Input: float32 (n, 28, 28, 1), 0 for paper to 255 for ink.
    Output: float32 (n, 11): the probabilities of the ten digits, which sum to 1, and the
    probability that it is a digit at all.
    """
    keras.utils.set_random_seed(seed)
    pixels = keras.Input((28, 28, 1), name="pixels")
    x = layers.Rescaling(1 / 255)(pixels)
    x = _convolution(x, 32)
    x = layers.MaxPooling2D()(x)
    for _ in range(2):
        x = _convolution(x, 48)
    x = layers.MaxPooling2D()(x)
    for _ in range(3):
        x = _convolution(x, 128)
    # A weight for every place and channel: where a stroke lies tells a 6 from a 9, and averaging
    # would forget it. A dense layer in its stead would have 50 times the weights.
    x = layers.DepthwiseConv2D(7, depth_multiplier=2, use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.95)(x)
    x = layers.ReLU()(layers.Flatten()(x))
    x = layers.Dropout(0.3)(x)
    digit = layers.Dense(DIGITS, name=DIGIT_LOGITS)(x)
    is_digit = layers.Dense(1, name=IS_DIGIT_LOGIT)(x)
    return _answering(pixels, digit, is_digit, temperature=1)


def load(file: Path) -> keras.Model:
    """A network that was saved. Raises FileNotFoundError, and ValueError for what is none."""
    if not file.is_file():
        raise FileNotFoundError(f"There is no {file}.")
    try:
        return keras.models.load_model(file)
    except Exception as error:
        # A damaged file raises nearly anything, and so does one of a newer Keras.
        raise ValueError(f"{file} can't be loaded. {_what_is_wrong_with(file)}") from error


def _what_is_wrong_with(file: Path) -> str:
    try:
        with ZipFile(file) as archive:
            saved_by = json.loads(archive.read("metadata.json"))["keras_version"]
            damaged = archive.testzip()
    except Exception:
        return "It is damaged, or no Keras network at all."
    if damaged:
        return "It is damaged."
    return (
        f"It was saved by Keras {saved_by}, and this is Keras {keras.__version__}: install what"
        " ml/requirements.txt asks for."
    )


def for_training(model: keras.Model) -> keras.Model:
    """The same network and weights, made to learn fast.

    Its outputs are logits, which losses take without losing precision: a dictionary of float32
    (n, 10) and (n, 1).
    """
    policy = "mixed_bfloat16" if _multiplies_bfloat16() else "float32"
    return _clone(logits(model), FusedBatchNormalization, policy)


def calibrated(trained: keras.Model, temperature: float) -> keras.Model:
    """The network that serves, with the weights of one `for_training`.

    Its logits are divided by `temperature` before the softmax.
    """
    model = _clone(trained, layers.BatchNormalization, "float32")
    outputs = model.output
    return _answering(
        model.input, outputs[DIGIT_LOGITS], outputs[IS_DIGIT_LOGIT], temperature=temperature
    )


def average_weights(
    models: list[keras.Model], proportions: Sequence[float] | None = None
) -> keras.Model:
    """Return a model like these, with the average of their weights.

    proportions: how much each counts; equally if left out.
    """
    weights = zip(*(model.get_weights() for model in models), strict=True)
    averaged = keras.models.clone_model(models[0])
    averaged.set_weights([np.average(each, axis=0, weights=proportions) for each in weights])
    return averaged


def logits(model: keras.Model) -> keras.Model:
    """What a network that serves makes its probabilities of: as from `for_training`."""
    names = DIGIT_LOGITS, IS_DIGIT_LOGIT
    return keras.Model(model.input, {name: model.get_layer(name).output for name in names})


def features(model: keras.Model) -> keras.Model:
    """What the network makes of a drawing before it decides: float32 (n, 256)."""
    return keras.Model(model.input, model.get_layer(DIGIT_LOGITS).input)


def to_litert(model: keras.Model) -> bytes:
    """The network as a LiteRT file, for one drawing at a time."""
    import tensorflow as tf

    one = keras.Input((28, 28, 1), batch_size=1, name="pixels")
    with TemporaryDirectory() as folder:
        saved = str(Path(folder, "saved"))
        keras.Model(one, model(one)).export(saved, format="tf_saved_model", verbose=False)
        return bytes(tf.lite.TFLiteConverter.from_saved_model(saved).convert())


@keras.saving.register_keras_serializable("ml")
class FusedBatchNormalization(layers.BatchNormalization):
    """Keras makes it of a dozen operations; with TensorFlow's own, a step takes a third less."""

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        import tensorflow as tf

        training = training and self.trainable  # as Keras' own does
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=self.gamma,
            offset=self.beta,
            mean=self.moving_mean,
            variance=self.moving_variance,
            epsilon=self.epsilon,
            exponential_avg_factor=1 - self.momentum if training else 1,
            is_training=bool(training),
        )
        if training:
            self.moving_mean.assign(mean)
            self.moving_variance.assign(variance)
        return outputs


def _convolution(x: keras.KerasTensor, filters: int) -> keras.KerasTensor:
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization(momentum=0.95)(x))


def _answering(
    pixels: keras.KerasTensor,
    digit: keras.KerasTensor,
    is_digit: keras.KerasTensor,
    temperature: float,
) -> keras.Model:
    # With names of their own: those that Keras counts up to may be in the network already.
    scaled = layers.Rescaling(1 / temperature, name="temperature")(digit)
    probabilities = layers.Softmax(name="probabilities")(scaled)
    score = layers.Activation("sigmoid", name="digit_score")(is_digit)
    return keras.Model(pixels, layers.Concatenate(name="answer")([probabilities, score]))


def _clone(
    model: keras.Model, normalization: type[layers.BatchNormalization], policy: str
) -> keras.Model:
    """With this normalization, and this policy for what most of the time is spent in."""

    def cloned(layer: layers.Layer) -> layers.Layer:
        config = layer.get_config()
        if isinstance(layer, layers.BatchNormalization):
            return normalization.from_config(config | {"dtype": policy})
        if isinstance(layer, layers.Conv2D | layers.ReLU | layers.MaxPooling2D):
            config["dtype"] = policy
        return type(layer).from_config(config)

    clone = keras.models.clone_model(model, clone_function=cloned)
    clone.set_weights(model.get_weights())
    return clone


def _multiplies_bfloat16() -> bool:
    """Whether the processor does: then a step takes two thirds of the time, elsewhere far more."""
    try:
        return "avx512_bf16" in Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
