"""The moving average of the weights, which is what gets exported."""

import keras
import numpy as np
import pytest

from training.loop import averaged_weights
from training.optimizer import WARM_UP, AveragingAdamW

STEPS = 30


def stepped(optimizer: keras.optimizers.Optimizer, steps: int) -> tuple[list[float], float]:
    """Return the values of one weight after each of `steps` steps, and its moving average after the last."""
    weight = keras.Variable(5.0)
    optimizer.build([weight])
    values = []
    for _ in range(steps):
        optimizer.apply([keras.ops.convert_to_tensor(1.0)])
        values.append(float(weight))
    optimizer.finalize_variable_values([weight])
    return values, float(weight)


def test_average_warms_up() -> None:
    values, average = stepped(AveragingAdamW(0.1, use_ema=True, ema_momentum=0.999), STEPS)
    expected = values[0]
    for step, value in enumerate(values):
        momentum = min(0.999, step / (step + WARM_UP))
        expected = momentum * expected + (1 - momentum) * value
    assert average == pytest.approx(expected, abs=1e-4)
    assert min(values) < average < float(np.mean(values))


def test_average_reaches_its_momentum() -> None:
    values, average = stepped(AveragingAdamW(0.1, use_ema=True, ema_momentum=0.5), STEPS)
    _, of_keras = stepped(keras.optimizers.AdamW(0.1, use_ema=True, ema_momentum=0.5), STEPS)
    assert average == pytest.approx(of_keras, abs=1e-3)
    assert average > values[-1]


def test_checkpoints_are_those_of_adamw() -> None:
    weight = keras.Variable(np.zeros((2, 3)))
    shapes = []
    for kind in (AveragingAdamW, keras.optimizers.AdamW):
        optimizer = kind(0.1, use_ema=True)
        optimizer.build([weight])
        shapes.append([(variable.name, variable.shape) for variable in optimizer.variables])
    assert shapes[0] == shapes[1]


def test_averaged_weights_leave_the_model_alone() -> None:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(AveragingAdamW(0.1, use_ema=True), loss="mse")
    model.train_on_batch(np.ones((4, 2)), np.ones((4, 1)))
    model.train_on_batch(np.ones((4, 2)), np.ones((4, 1)))
    before = model.get_weights()
    averaged = averaged_weights(model)
    assert all(np.array_equal(old, new) for old, new in zip(before, model.get_weights(), strict=True))
    assert not np.array_equal(before[0], averaged[0])
