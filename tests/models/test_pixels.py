"""Scaling and rounding."""

import numpy as np
from PIL import Image

from models.pixels import to_bytes, to_float, to_gray


def test_every_byte_survives_the_way_to_floats_and_back() -> None:
    every = np.arange(256, dtype=np.uint8)
    values = to_float(every)
    assert values.dtype == np.float32
    assert (values.min(), values.max()) == (0, 1)
    assert np.array_equal(to_bytes(values), every)


def test_values_outside_are_clipped_and_inside_rounded() -> None:
    values = np.array([-0.3, 1.7, 0.4 / 255, 0.6 / 255, 254.6 / 255], np.float32)
    assert to_bytes(values).tolist() == [0, 255, 0, 1, 255]


def test_gray_is_the_luma_that_pillow_computes(photograph: np.ndarray) -> None:
    ours = to_bytes(to_gray(to_float(photograph)))[..., 0]
    theirs = np.asarray(Image.fromarray(photograph).convert("L"))
    assert np.abs(ours.astype(int) - theirs).max() <= 1
