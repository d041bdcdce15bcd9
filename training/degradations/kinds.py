"""The noise models at random strengths: what a share of a mix stands for."""

import math
from collections.abc import Callable, Mapping

import numpy as np

from models.pixels import FloatImage
from training.degradations.boxes import boxes
from training.degradations.gaussian import gaussian
from training.degradations.impulse import salt_and_pepper
from training.degradations.jpeg import GRID, jpeg
from training.degradations.poisson import poisson
from training.degradations.resize import resized
from training.degradations.speckle import speckle

PHOTONS = (20.0, 2000.0)
SPECKLE_SIGMAS = (5.0, 75.0)
RESIZED_SIGMAS = (5.0, 50.0)
FACTORS = (1.2, 3.0)
QUALITIES = (25, 95)
FILED_SIGMAS = (5.0, 75.0)
FILED_QUALITIES = (60, 98)
IMPULSE_SHARES = (0.005, 0.1)
BOXES = (1, 8)
WEAK_SIGMAS = (1.0, 20.0)
STEPS = (1, 3)
"""How many noise models, one after the other, are `mixed`."""

Kind = Callable[[FloatImage, np.random.Generator], FloatImage]


def _log_uniform(bounds: tuple[float, float], rng: np.random.Generator) -> float:
    return math.exp(rng.uniform(math.log(bounds[0]), math.log(bounds[1])))


def _poisson(clean: FloatImage, rng: np.random.Generator) -> FloatImage:
    return poisson(clean, _log_uniform(PHOTONS, rng), rng)


def _speckle(clean: FloatImage, rng: np.random.Generator) -> FloatImage:
    return speckle(clean, float(rng.uniform(*SPECKLE_SIGMAS)), rng)


def _weak(clean: FloatImage, rng: np.random.Generator) -> FloatImage:
    return gaussian(clean, float(rng.uniform(*WEAK_SIGMAS)), rng)


def _resized(clean: FloatImage, rng: np.random.Generator) -> FloatImage:
    return resized(clean, float(rng.uniform(*RESIZED_SIGMAS)), float(rng.uniform(*FACTORS)), rng)


def _compressed(picture: FloatImage, qualities: tuple[int, int], rng: np.random.Generator) -> FloatImage:
    row, column, halved = (int(each) for each in rng.integers((GRID, GRID, 2)))
    quality = int(rng.integers(qualities[0], qualities[1] + 1))
    return jpeg(picture, quality, subsampled=bool(halved), origin=(row, column))


def _jpeg(clean: FloatImage, rng: np.random.Generator) -> FloatImage:
    return _compressed(clean, QUALITIES, rng)


def _filed(clean: FloatImage, rng: np.random.Generator) -> FloatImage:
    """Return white noise of any level in a JPEG file: white no longer, as its finest part is gone."""
    return _compressed(gaussian(clean, float(rng.uniform(*FILED_SIGMAS)), rng), FILED_QUALITIES, rng)


def _impulse(clean: FloatImage, rng: np.random.Generator) -> FloatImage:
    return salt_and_pepper(clean, _log_uniform(IMPULSE_SHARES, rng), rng)


def _boxes(clean: FloatImage, rng: np.random.Generator) -> FloatImage:
    return boxes(clean, int(rng.integers(BOXES[0], BOXES[1] + 1)), rng)


def _mixed(clean: FloatImage, rng: np.random.Generator) -> FloatImage:
    """Apply some of the noise models that uploads go through, in random order."""
    steps = (_poisson, _speckle, _weak, _resized, _jpeg)
    noisy = clean
    for index in rng.permutation(len(steps))[: int(rng.integers(STEPS[0], STEPS[1] + 1))]:
        noisy = steps[int(index)](noisy, rng)
    return noisy


KINDS: Mapping[str, Kind] = {
    "poisson": _poisson,
    "speckle": _speckle,
    "resize": _resized,
    "jpeg": _jpeg,
    "gaussian-jpeg": _filed,
    "impulse": _impulse,
    "boxes": _boxes,
    "mixed": _mixed,
}
"""Of a picture (H, W, 3) float32, 0-1, they return the noisy one; no single level describes their noise."""
