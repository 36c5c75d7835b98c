"""A machine with several GPUs, played by its processor.

`python -m tests.support.devices COUNT FILE` trains a linear network for an epoch on so many, tells
how many drawings each had of each batch, and saves its weights.
"""

import sys

import numpy as np


def divide_processor(count: int) -> None:
    """To be called before TensorFlow does anything."""
    import tensorflow as tf

    [cpu] = tf.config.list_physical_devices("CPU")
    parts = [tf.config.LogicalDeviceConfiguration()] * count
    tf.config.set_logical_device_configuration(cpu, parts)


def main(file: str) -> None:
    import keras
    import tensorflow as tf

    from ml import fitting
    from ml.dataset import targets
    from ml.model import DIGIT_LOGITS, IS_DIGIT_LOGIT

    class Told(keras.layers.Layer):
        def call(self, pixels):
            tf.print(tf.shape(pixels)[0], output_stream=sys.stdout)
            return pixels

    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return 3

        def __getitem__(self, index):
            labels = (np.arange(600) % 11).astype(np.uint8)[index * 256 :][:256]
            pixels = np.random.default_rng(index).random((len(labels), 28, 28, 1), np.float32)
            return (pixels, *targets(labels))

    keras.utils.set_random_seed(1)
    with fitting.strategy().scope():
        pixels = keras.Input((28, 28, 1))
        x = keras.layers.Flatten()(Told()(pixels))
        sizes = {DIGIT_LOGITS: 10, IS_DIGIT_LOGIT: 1}
        outputs = {name: keras.layers.Dense(size, name=name)(x) for name, size in sizes.items()}
        model = keras.Model(pixels, outputs)
        fitting.compile_model(model, learning_rate=1e-3, steps=3)
    model.fit(Batches(workers=2), shuffle=False, verbose=0)
    np.savez(file, *model.get_weights())


if __name__ == "__main__":
    divide_processor(int(sys.argv[1]))
    main(sys.argv[2])
