"""The Keras network, and its way to LiteRT."""

from pathlib import Path
from tempfile import TemporaryDirectory

import keras
from keras import layers

DIGITS = 10
# Names of the layers that training reaches for.
DIGIT_LOGITS = "digit_logits"
IS_DIGIT_LOGIT = "is_digit_logit"


def build(seed: int, temperature: float = 1.0) -> keras.Model:
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
        x = _convolution(x, 96)
    # A weight for every place and channel: where a stroke lies tells a 6 from a 9, and averaging
    # would forget it. A dense layer in its stead would have 50 times the weights.
    x = layers.DepthwiseConv2D(7, depth_multiplier=2, use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.95)(x)
    x = layers.ReLU()(layers.Flatten()(x))
    x = layers.Dropout(0.3)(x)
    digit = layers.Dense(DIGITS, name=DIGIT_LOGITS)(x)
    is_digit = layers.Dense(1, name=IS_DIGIT_LOGIT)(x)
    probabilities = layers.Softmax()(layers.Rescaling(1 / temperature)(digit))
    score = layers.Activation("sigmoid")(is_digit)
    return keras.Model(pixels, layers.Concatenate(name="answer")([probabilities, score]))


def for_training(model: keras.Model) -> keras.Model:
    """The same weights with logits as outputs, which losses take without losing precision."""
    return keras.Model(
        model.input,
        {name: model.get_layer(name).output for name in (DIGIT_LOGITS, IS_DIGIT_LOGIT)},
    )


def features(model: keras.Model) -> keras.Model:
    """What the network makes of a drawing before it decides: float32 (n, 192)."""
    return keras.Model(model.input, model.get_layer(DIGIT_LOGITS).input)


def calibrated(trained: keras.Model, temperature: float) -> keras.Model:
    """The network that serves, with the weights of one `for_training`.

    Its logits are divided by `temperature` before the softmax.
    """
    model = build(seed=0, temperature=temperature)
    for_training(model).set_weights(trained.get_weights())
    return model


def to_litert(model: keras.Model) -> bytes:
    """The network as a LiteRT file, for one drawing at a time."""
    import tensorflow as tf

    one = keras.Input((28, 28, 1), batch_size=1, name="pixels")
    with TemporaryDirectory() as folder:
        saved = str(Path(folder, "saved"))
        keras.Model(one, model(one)).export(saved, format="tf_saved_model", verbose=False)
        return bytes(tf.lite.TFLiteConverter.from_saved_model(saved).convert())


def _convolution(x: keras.KerasTensor, filters: int) -> keras.KerasTensor:
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization(momentum=0.95)(x))
