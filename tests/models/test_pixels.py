"""Scaling and rounding."""

import numpy as np
import pytest
from PIL import Image

from models.pixels import to_bytes, to_float, to_gray, to_levels, to_samples


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_every_value_survives_the_way_to_floats_and_back(dtype: type) -> None:
    every = np.arange(np.iinfo(dtype).max + 1, dtype=dtype)
    values = to_float(every)
    assert values.dtype == np.float32
    assert (values.min(), values.max()) == (0, 1)
    back = to_samples(values, every.dtype)
    assert back.dtype == dtype
    assert np.array_equal(back, every)


@pytest.mark.parametrize(("dtype", "largest"), [(np.uint8, 255), (np.uint16, 65535)])
def test_values_outside_are_clipped_and_inside_rounded(dtype: type, largest: int) -> None:
    values = np.array([-0.3, 1.7, 0.4 / largest, 0.6 / largest, (largest - 0.4) / largest], np.float32)
    assert to_samples(values, dtype).tolist() == [0, largest, 0, 1, largest]


def test_noise_levels_have_one_scale_at_both_depths() -> None:
    every = np.arange(256, dtype=np.uint8)
    assert to_levels(every).tolist() == every.tolist()
    assert to_levels(every.astype(np.uint16) * 257).tolist() == every.tolist()


def test_gray_is_the_luma_that_pillow_computes(photograph: np.ndarray) -> None:
    ours = to_bytes(to_gray(to_float(photograph)))[..., 0]
    theirs = np.asarray(Image.fromarray(photograph).convert("L"))
    assert np.abs(ours.astype(int) - theirs).max() <= 1
