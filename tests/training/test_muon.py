"""The steps of Muon: orthogonal where a weight is a matrix, AdamW's where it is not."""

import keras
import numpy as np
import pytest

from training.dense_muon import AveragingDenseMuon
from training.muon import SCALE, AveragingMuon, orthogonal
from training.optimizer import AveragingAdamW

RATE = 1e-3


def step(optimizer: keras.optimizers.Optimizer, start: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """Return what one step changes."""
    weight = keras.Variable(start)
    optimizer.build([weight])
    optimizer.apply([keras.ops.convert_to_tensor(gradient)])
    return np.asarray(weight) - start


@pytest.mark.parametrize("shape", [(864, 96), (96, 384), (32, 32)])
def test_singular_values_become_about_one(shape: tuple[int, int]) -> None:
    matrix = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    left, _, right = np.linalg.svd(matrix, full_matrices=False)
    result = np.asarray(orthogonal(keras.ops.convert_to_tensor(matrix)))
    assert np.linalg.svd(result, compute_uv=False) == pytest.approx(np.ones(min(shape)), abs=0.35)
    inside = left.T @ result @ right.T
    assert np.abs(inside - np.diag(np.diag(inside))).max() < 1e-3


def test_rare_directions_are_learnt_at_the_pace_of_common_ones() -> None:
    left, _, right = np.linalg.svd(np.random.default_rng(0).normal(size=(288, 32)), full_matrices=False)
    skewed = (left * np.geomspace(1, 0.02, 32)) @ right
    values = np.linalg.svd(np.asarray(orthogonal(keras.ops.cast(skewed, "float32"))), compute_uv=False)
    assert values.min() > 0.5 * values.max()


def test_a_step_is_as_large_as_adamws_whatever_the_gradient() -> None:
    rng = np.random.default_rng(0)
    start, gradient = (rng.normal(size=(3, 3, 48, 48)).astype(np.float32) for _ in range(2))
    sizes = [
        np.sqrt(np.mean(step(AveragingMuon(RATE, weight_decay=0.0), start, scale * gradient) ** 2))
        for scale in (1e-3, 1.0)
    ]
    assert sizes[0] == pytest.approx(sizes[1], rel=1e-3)
    assert sizes[0] == pytest.approx(SCALE * RATE, rel=0.2)


@pytest.mark.parametrize("shape", [(3, 3, 48, 12), (48,), (7, 5)])
def test_what_is_no_wide_kernel_steps_as_with_adamw(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    start, gradient = (rng.normal(size=shape).astype(np.float32) for _ in range(2))
    steps = [step(kind(RATE, weight_decay=0.0), start, gradient) for kind in (AveragingMuon, AveragingAdamW)]
    assert np.array_equal(*steps)


@pytest.mark.parametrize(
    ("shape", "wide", "narrow"),
    [
        ((3, 3, 48, 48), True, True),
        ((1, 1, 96, 192), True, True),
        ((864, 96), True, True),
        ((3, 3, 2, 16), False, True),
        ((64, 10), False, True),
        ((10, 2), False, False),
        ((128,), False, False),
    ],
)
def test_which_kernels_are_wide_enough(shape: tuple[int, ...], wide: bool, narrow: bool) -> None:
    assert AveragingMuon(RATE).takes(shape) is wide
    assert AveragingDenseMuon(RATE).takes(shape) is narrow


def test_checkpoints_are_those_of_adamw() -> None:
    weight = keras.Variable(np.zeros((3, 3, 32, 32)))
    shapes = []
    for kind in (AveragingMuon, keras.optimizers.AdamW):
        optimizer = kind(RATE, use_ema=True)
        optimizer.build([weight])
        shapes.append([(variable.name, variable.shape) for variable in optimizer.variables])
    assert shapes[0] == shapes[1]
