"""Boxes: small rectangles that hide what is behind them, as scratches, dust and dropped blocks do."""

from typing import TypeVar

import numpy as np

from models.pixels import ByteImage, FloatImage, Mask

PixelsT = TypeVar("PixelsT", ByteImage, FloatImage)

SIDES = (2, 8)
"""The smallest and the largest side of a box in pixels."""

Rectangle = tuple[slice, slice]
"""Rows and columns."""


def boxes(clean: FloatImage, count: int, rng: np.random.Generator, *, sides: tuple[int, int] = SIDES) -> FloatImage:
    """Cover `clean`, (H, W, 3) float32 in 0-1, with `count` filled rectangles of random place, size and colour.

    Heights and widths are uniform within `sides`, both ends included, in pixels; boxes lie wholly within the picture
    and may overlap. The largest side must fit into the picture.
    """
    noisy = clean.copy()
    for _ in range(count):
        place = _rectangle(clean.shape, sides, rng)
        noisy[place] = rng.random(clean.shape[2], dtype=np.float32)
    return noisy


def box_mask(shape: tuple[int, ...], count: int, rng: np.random.Generator, *, sides: tuple[int, int] = SIDES) -> Mask:
    """Return which pixels of a picture of `shape` (H, W, ...) lie in one of `count` boxes, as (H, W) bool.

    The boxes are of random place and size, as those of `boxes` are.
    """
    mask = np.zeros(shape[:2], dtype=np.bool_)
    for _ in range(count):
        mask[_rectangle(shape, sides, rng)] = True
    return mask


def blacked_out(clean: PixelsT, mask: Mask) -> PixelsT:
    """Return a copy of `clean` (H, W, C), uint8 or float32, with 0 where `mask` (H, W) is True."""
    picture = clean.copy()
    picture[mask] = 0
    return picture


def _rectangle(shape: tuple[int, ...], sides: tuple[int, int], rng: np.random.Generator) -> Rectangle:
    height, width = (int(side) for side in rng.integers(sides[0], sides[1] + 1, 2))
    top = int(rng.integers(shape[0] - height + 1))
    left = int(rng.integers(shape[1] - width + 1))
    return slice(top, top + height), slice(left, left + width)
