"""Heat maps of a reconstruction's errors."""

import numpy as np
import pytest

from models.error_map import HOTTEST, heat_map, pixel_errors, scale_of


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
def test_without_errors_the_picture_stays_to_the_bit(dtype: type, channels: int) -> None:
    pixels = np.random.default_rng(0).integers(0, np.iinfo(dtype).max + 1, (150, 20, channels)).astype(dtype)
    shown = heat_map(pixels, np.zeros((150, 20), np.float32), 0.2)
    assert shown.dtype == dtype
    assert np.array_equal(shown, np.broadcast_to(pixels, (150, 20, 3)))


def test_the_larger_the_error_the_hotter() -> None:
    errors = np.linspace(0, 0.5, 60, dtype=np.float32)[None]
    shown = heat_map(np.full((1, 60, 1), 128, np.uint8), errors, 0.2)[0].astype(int)
    at_scale = int(np.argmin(np.abs(errors - 0.2)))
    hottest = int(np.argmin(np.abs(errors - 0.2 * HOTTEST)))
    assert (np.diff(shown[:, 0]) >= 0).all()
    assert (np.diff(shown[:, 2]) <= 0).all()
    assert (np.diff(shown[:at_scale, 1]) >= 0).all()
    assert (np.diff(shown[at_scale + 1 :, 1]) <= 0).all()
    assert shown[at_scale, 0] - shown[at_scale, 1] < 10
    assert shown[hottest, 0] - shown[hottest, 1] > 190
    assert (shown[hottest + 1 :] == shown[-1]).all()


def test_error_of_a_pixel_is_the_mean_of_its_channels() -> None:
    original = np.zeros((2, 3, 4, 3), np.float32)
    other = original.copy()
    other[..., 0] = 0.6
    assert pixel_errors(original, other) == pytest.approx(np.full((2, 3, 4), 0.2))


def test_scale_is_what_99_in_100_pixels_stay_below() -> None:
    assert scale_of(np.linspace(0, 1, 10_001, dtype=np.float32)) == pytest.approx(0.99)
    assert scale_of(np.zeros(10, np.float32)) > 0
