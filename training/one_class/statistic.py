"""How foreign an image is to an autoencoder: its error and the distance to what was seen, in numpy alone.

Bright images on black, as digits are. A thick digit has larger errors and lies farther from all others than a thin one
of the same class does, so both are relative to the ink.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from models.pixels import FloatImage

NEIGHBOURS = 3
PER_BLOCK = 1_000
LEAST_INK = 1.0

Values = npt.NDArray[np.floating]


def ink(images: FloatImage) -> Values:
    """Return the sum of the pixels, 0-1, of each of (N, H, W, C), at least that of one white pixel."""
    return np.asarray(np.maximum(images.reshape(len(images), -1).sum(axis=1), LEAST_INK))


def squared_errors(images: FloatImage, restored: FloatImage) -> Values:
    """Return the sum of squared differences of each pair of images, both (N, H, W, C), as (N,)."""
    return np.asarray(np.square(images - restored).reshape(len(images), -1).sum(axis=1))


def nearest_distances(vectors: Values, known: Values, neighbours: int = NEIGHBOURS) -> Values:
    """Return the mean Euclidean distance of each of `vectors` (N, D) to its nearest of `known` (M, D), as (N,)."""
    blocks = np.split(vectors, range(PER_BLOCK, len(vectors), PER_BLOCK))
    return np.concatenate([_nearest_distances(block, known, neighbours) for block in blocks])


def _nearest_distances(vectors: Values, known: Values, neighbours: int) -> Values:
    squares = np.square(vectors).sum(axis=1)[:, None] - 2 * vectors @ known.T + np.square(known).sum(axis=1)
    nearest = np.partition(squares, neighbours - 1, axis=1)[:, :neighbours]
    return np.asarray(np.sqrt(np.maximum(nearest, 0.0)).mean(axis=1))


@dataclass(frozen=True)
class Foreignness:
    """The sum of the logarithms of two statistics (N,), each divided by its own spread among normal images.

    That makes the units of both irrelevant. The larger, the more foreign.
    """

    spreads: tuple[float, float]

    @classmethod
    def of_normal(cls, errors: Values, distances: Values) -> Self:
        """Return it for the statistics of held-out normal images."""
        first, second = (float(np.std(_logarithm(values))) for values in (errors, distances))
        return cls((first, second))

    def __call__(self, errors: Values, distances: Values) -> Values:
        """Return the statistic (N,) of images of which the two are known."""
        parts = zip((errors, distances), self.spreads, strict=True)
        return np.asarray(sum(_logarithm(values) / spread for values, spread in parts))


def _logarithm(values: Values) -> Values:
    return np.asarray(np.log(np.maximum(values, np.finfo(np.float32).tiny)))
