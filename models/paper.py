"""The paper that something is written on: how bright it is where, and how much of its light ink takes away."""

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from PIL import Image, ImageFilter

from models.autoencoding import resize
from models.pixels import ByteImage, FloatImage, to_bytes, to_float

ExtremeT = TypeVar("ExtremeT", FloatImage, ByteImage)

SIDE = 128
"""The longer side at which the paper is looked at: shadows are wide."""
WIDEST = 0.22
"""The widest stroke, as a share of the picture's shorter side; what is dark and wider counts as shadow."""

EDGE = 2
"""How many pixels a shadow reaches too far: else its blurred edge would look like a line of ink."""
FITS = 4
"""How often the light's slope is fitted, each time without what is darker than the fit before."""
_DARKEST = 0.04
"""Paper in deep shadow: what is darker tells nothing of ink."""


def paper_under(plane: FloatImage) -> FloatImage:
    """Return the brightness of the paper under one channel (H, W), 0-1: the same, with `SIDE` pixels a side at most.

    A gray closing (Serra 1982), of what is left when the light's slope is taken out: strokes narrower than `WIDEST`
    take the brightness of what is around them, shadows and their edges stay.
    """
    height, width = smaller(plane.shape[0], plane.shape[1], SIDE)
    reduced = _blurred(resize(plane, height, width), 1)
    window = max(3, round(WIDEST * min(height, width)) | 1)
    trend = _trend(reduced)
    closed = extreme(extreme(reduced / trend, window, np.max), window + 2 * EDGE, np.min)
    return np.maximum(_blurred(closed * trend, 1), np.float32(_DARKEST))


def ink_on(plane: FloatImage, paper: FloatImage) -> FloatImage:
    """Return the share of the light of `paper` (h, w) that ink takes away in one channel (H, W); noise is around 0."""
    under = resize(paper, plane.shape[0], plane.shape[1])
    share = np.float32(1.0) - plane / under
    return np.asarray(share - np.median(share), dtype=np.float32)


def smaller(height: int, width: int, side: int) -> tuple[int, int]:
    """Return a height and width of the same shape with `side` pixels at most, and one at least."""
    factor = min(1.0, side / max(height, width))
    return max(1, round(height * factor)), max(1, round(width * factor))


def _blurred(plane: FloatImage, radius: int) -> FloatImage:
    return to_float(np.asarray(Image.fromarray(to_bytes(plane)).filter(ImageFilter.BoxBlur(radius))))


def _trend(plane: FloatImage) -> FloatImage:
    """Return the plane, in space, that the brightness of most of the paper follows, and nowhere near darkness."""
    rows, columns = (each.ravel() for each in np.indices(plane.shape, dtype=np.float32))
    terms, values = np.stack([np.ones_like(rows), rows, columns], axis=1), plane.ravel()
    kept = np.ones(values.shape, np.bool_)
    for _ in range(FITS):
        trend = terms @ np.linalg.lstsq(terms[kept], values[kept])[0]
        kept = values >= np.minimum(0.9 * trend, values.max())
    return np.asarray(np.maximum(trend, max(0.2 * trend.max(), _DARKEST)), dtype=np.float32).reshape(plane.shape)


def extreme(plane: ExtremeT, window: int, which: Callable[..., ExtremeT]) -> ExtremeT:
    """Return the maximum or minimum (`which`) in the square of `window` pixels a side, an odd number, around each."""
    for axis in (0, 1):
        margin = [(window // 2, window // 2) if each == axis else (0, 0) for each in (0, 1)]
        padded = np.pad(plane, margin, mode="edge")
        plane = which(np.lib.stride_tricks.sliding_window_view(padded, window, axis=axis), axis=-1)
    return plane
