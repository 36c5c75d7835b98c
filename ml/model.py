"""The Keras network, and its way to LiteRT."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import keras
from keras import layers

DIGITS = 10
# Names of the layers that training reaches for.
DIGIT_LOGITS = "digit_logits"
IS_DIGIT_LOGIT = "is_digit_logit"


def build(temperature: float = 1.0) -> keras.Model:
    """The network that serves, untrained.

    Input: float32 (n, 28, 28, 1), 0 for paper to 255 for ink.
    Output: float32 (n, 11): the probabilities of the ten digits, which sum to 1, and the
    probability that it is a digit at all.
    """
    pixels = keras.Input((28, 28, 1), name="pixels")
    digit, is_digit = _logits(pixels, "float32", layers.BatchNormalization)
    probabilities = layers.Softmax()(layers.Rescaling(1 / temperature)(digit))
    score = layers.Activation("sigmoid")(is_digit)
    return keras.Model(pixels, layers.Concatenate(name="answer")([probabilities, score]))


def for_training(seed: int = 0) -> keras.Model:
    """The same weights, initialized by `seed`, made to learn fast.

    Its outputs are logits, which losses take without losing precision: a dictionary of float32
    (n, 10) and (n, 1).
    """
    keras.utils.set_random_seed(seed)
    pixels = keras.Input((28, 28, 1), name="pixels")
    policy = "mixed_bfloat16" if _multiplies_bfloat16() else "float32"
    digit, is_digit = _logits(pixels, policy, FusedBatchNormalization)
    return keras.Model(pixels, {DIGIT_LOGITS: digit, IS_DIGIT_LOGIT: is_digit})


@keras.saving.register_keras_serializable("ml")
class FusedBatchNormalization(layers.BatchNormalization):
    """Keras makes it of a dozen operations; as TensorFlow's own, a step takes a third less."""

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        import tensorflow as tf

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


def logits(model: keras.Model) -> keras.Model:
    """What a network that serves makes its probabilities of: as from `for_training`."""
    names = DIGIT_LOGITS, IS_DIGIT_LOGIT
    return keras.Model(model.input, {name: model.get_layer(name).output for name in names})


def features(model: keras.Model) -> keras.Model:
    """What the network makes of a drawing before it decides: float32 (n, 256)."""
    return keras.Model(model.input, model.get_layer(DIGIT_LOGITS).input)


def calibrated(trained: keras.Model, temperature: float) -> keras.Model:
    """The network that serves, with the weights of one `for_training`.

    Its logits are divided by `temperature` before the softmax.
    """
    model = build(temperature)
    model.set_weights(trained.get_weights())
    return model


def to_litert(model: keras.Model) -> bytes:
    """The network as a LiteRT file, for one drawing at a time."""
    import tensorflow as tf

    one = keras.Input((28, 28, 1), batch_size=1, name="pixels")
    with TemporaryDirectory() as folder:
        saved = str(Path(folder, "saved"))
        keras.Model(one, model(one)).export(saved, format="tf_saved_model", verbose=False)
        return bytes(tf.lite.TFLiteConverter.from_saved_model(saved).convert())


def _logits(
    pixels: keras.KerasTensor, policy: str, normalization: type[layers.BatchNormalization]
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    def convolution(x: keras.KerasTensor, filters: int) -> keras.KerasTensor:
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False, dtype=policy)(x)
        return layers.ReLU(dtype=policy)(normalization(momentum=0.95, dtype=policy)(x))

    x = layers.Rescaling(1 / 255)(pixels)
    x = convolution(x, 32)
    x = layers.MaxPooling2D(dtype=policy)(x)
    for _ in range(2):
        x = convolution(x, 48)
    x = layers.MaxPooling2D(dtype=policy)(x)
    for _ in range(3):
        x = convolution(x, 128)
    # A weight for every place and channel: where a stroke lies tells a 6 from a 9, and averaging
    # would forget it. A dense layer in its stead would have 50 times the weights.
    x = layers.DepthwiseConv2D(7, depth_multiplier=2, use_bias=False)(x)
    x = layers.ReLU()(normalization(momentum=0.95)(x))
    x = layers.Dropout(0.3)(layers.Flatten()(x))
    digit = layers.Dense(DIGITS, name=DIGIT_LOGITS)(x)
    return digit, layers.Dense(1, name=IS_DIGIT_LOGIT)(x)


def _multiplies_bfloat16() -> bool:
    """Whether the processor does: then a step takes half the time, elsewhere many times as long."""
    try:
        return "avx512_bf16" in Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
