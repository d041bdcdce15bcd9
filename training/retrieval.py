"""Finding a photograph again after something has been done to it."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from models.autoencoding import unit_length
from models.pixels import ByteImage, FloatImage, to_bytes, to_float
from training.degradations import gaussian, jpeg

Disturbance = Callable[[ByteImage, np.random.Generator], ByteImage]


def _noise(photograph: ByteImage, rng: np.random.Generator, sigma: float) -> ByteImage:
    return to_bytes(gaussian(to_float(photograph), sigma, rng))


def _jpeg(photograph: ByteImage, _: np.random.Generator, quality: int) -> ByteImage:
    return to_bytes(jpeg(to_float(photograph), quality, subsampled=True))


def _crop(photograph: ByteImage, rng: np.random.Generator, share: float) -> ByteImage:
    """Return a random part of `share` of each side."""
    height, width = (round(share * side) for side in photograph.shape[:2])
    top = int(rng.integers(photograph.shape[0] - height + 1))
    left = int(rng.integers(photograph.shape[1] - width + 1))
    return photograph[top : top + height, left : left + width]


def _gain(photograph: ByteImage, _: np.random.Generator, factor: float) -> ByteImage:
    return to_bytes(to_float(photograph) * np.float32(factor))


DISTURBANCES: Mapping[str, Disturbance] = {
    "noise of sigma 25": partial(_noise, sigma=25.0),
    "JPEG of quality 30": partial(_jpeg, quality=30),
    "a crop of 90 % of each side": partial(_crop, share=0.9),
    "20 % more brightness": partial(_gain, factor=1.2),
    "20 % less brightness": partial(_gain, factor=0.8),
}
"""Of a photograph (H, W, 3) uint8 they return another one, clipped and rounded to uint8, at its own resolution."""


def recall_at_1(gallery: FloatImage, queries: FloatImage) -> float:
    """Return the share, 0-1, of `queries` whose nearest row of `gallery` by the cosine is that of the same index.

    Both are (N, dimension).
    """
    cosines = unit_length(queries) @ unit_length(gallery).T
    return float(np.mean(cosines.argmax(axis=1) == np.arange(len(cosines))))
