"""Training the small networks that only the gallery needs, without artifacts and checkpoints."""

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import layers

Values = npt.NDArray[np.float32]


def seeded(seed: int = 0) -> np.random.Generator:
    """Seed Keras and return numpy's generator for the same exhibit."""
    keras.utils.set_random_seed(seed)
    return np.random.default_rng(seed)


def dense(inputs: int, *widths: int, last: str = "linear") -> keras.Model:
    """Build a network of dense layers: (N, `inputs`) to (N, the last of `widths`), float32.

    The hidden layers have tanh, the last one the activation `last`.
    """
    stack = [layers.Dense(width, activation="tanh") for width in widths[:-1]]
    return keras.Sequential([keras.Input((inputs,)), *stack, layers.Dense(widths[-1], activation=last)])


def train(
    model: keras.Model, inputs: Values, targets: Values, *, loss: str, epochs: int, batch: int, rate: float
) -> None:
    """Minimise Keras' `loss` with Adam, whose rate falls from `rate` to zero as a cosine; quietly.

    An epoch's steps are run as one: steps as small as these would take less time than what happens between them.
    """
    steps = -(-len(inputs) // batch)
    falling = keras.optimizers.schedules.CosineDecay(rate, epochs * steps)
    xla = keras.backend.backend() != "tensorflow"
    model.compile(keras.optimizers.Adam(falling), loss=loss, jit_compile=xla, steps_per_execution=steps)
    model.fit(inputs, targets, batch_size=batch, epochs=epochs, verbose=0)


def answer(model: keras.Model, inputs: Values | dict[str, Values]) -> Values:
    """Return the model's outputs for a few inputs: uncompiled, which takes longer than it would for many."""
    return np.asarray(keras.ops.convert_to_numpy(model(inputs)), dtype=np.float32)


def rmse(truth: npt.NDArray[Any], found: npt.NDArray[Any]) -> float:
    """Return the root of the mean squared difference."""
    return float(np.sqrt(np.mean(np.square(truth.astype(np.float64) - found.astype(np.float64)))))
