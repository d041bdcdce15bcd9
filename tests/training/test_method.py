"""A denoiser is measured as the service runs it."""

import numpy as np
import pytest

from models.card import Input
from models.noise_map import Level, NoiseMap
from models.pixels import FloatImage, to_float
from training.method import Method


def failing(_: object) -> FloatImage:
    raise AssertionError("the network ran")


@pytest.mark.parametrize("level", [0.0, NoiseMap(np.full((2, 3), 0.5, np.float32))])
def test_a_picture_without_noise_stays_as_it_is(level: Level) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (16, 24, 3), np.uint8)
    method = Method(failing, Input(channels=3), lambda *_: level)
    assert np.array_equal(method(picture, None), picture)
    assert np.array_equal(method(to_float(picture), None), picture)
