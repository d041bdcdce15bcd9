"""The statistics of the noise models, and of the two protocols."""

import numpy as np
import pytest

from training.degradations import gaussian
from training.evaluate import degrade


@pytest.mark.parametrize("sigma", [0, 15, 75])
def test_gaussian_noise_has_its_level_and_no_bias(sigma: float) -> None:
    clean = np.full((200, 200, 3), 0.5, np.float32)
    noise = (gaussian(clean, sigma, np.random.default_rng(0)) - clean) * 255
    assert noise.std() == pytest.approx(sigma, rel=0.01, abs=1e-3)
    assert abs(noise.mean()) <= 0.01 * sigma + 1e-3
    assert noise.dtype == np.float32


def test_channels_have_noise_of_their_own_unless_shared() -> None:
    clean = np.zeros((100, 100, 3), np.float32)
    own, shared = (gaussian(clean, 25, np.random.default_rng(0), shared=each) for each in (False, True))
    assert abs(np.corrcoef(own[..., 0].ravel(), own[..., 1].ravel())[0, 1]) < 0.05
    assert np.array_equal(shared[..., 0], shared[..., 2])


def test_protocols_differ_by_clipping_and_rounding_alone(photograph: np.ndarray) -> None:
    as_floats, as_file = degrade(photograph, 25, "float"), degrade(photograph, 25, "http")
    assert as_floats.dtype == np.float32
    assert as_floats.min() < 0
    assert as_file.dtype == np.uint8
    assert np.array_equal(as_file, np.rint(np.clip(as_floats, 0, 1) * 255).astype(np.uint8))
    assert np.array_equal(as_file, degrade(photograph, 25, "http"))
