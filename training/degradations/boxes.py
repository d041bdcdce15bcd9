"""Boxes: small rectangles that hide what is behind them, as scratches, dust and dropped blocks do."""

import numpy as np

from models.pixels import FloatImage

SIDES = (2, 8)
"""The smallest and the largest side of a box in pixels."""


def boxes(clean: FloatImage, count: int, rng: np.random.Generator, *, sides: tuple[int, int] = SIDES) -> FloatImage:
    """Cover `clean`, (H, W, 3) float32 in 0-1, with `count` filled rectangles of random place, size and colour.

    Heights and widths are uniform within `sides`, both ends included, in pixels; boxes lie wholly within the picture
    and may overlap. The largest side must fit into the picture.
    """
    noisy = clean.copy()
    for _ in range(count):
        height, width = (int(side) for side in rng.integers(sides[0], sides[1] + 1, 2))
        top = int(rng.integers(clean.shape[0] - height + 1))
        left = int(rng.integers(clean.shape[1] - width + 1))
        noisy[top : top + height, left : left + width] = rng.random(clean.shape[2], dtype=np.float32)
    return noisy
