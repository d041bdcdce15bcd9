"""What a denoiser of photographs is told of the noise in a patch, and what its estimator is to find there."""

from dataclasses import dataclass

import numpy as np

from models.noise_map import BLOCK, NoiseMap
from models.pixels import LEVELS, FloatImage
from models.tiles import Span, Tile
from training.degradations import Degraded, noise_level
from training.losses import UNKNOWN
from training.own_level import OWN

OVERSTATED_BY = 5.0
"""By how much more than twice the level, 0-255 scale, an overstated one may be: so that there is one without noise."""
DOUBT = 0.1
"""The standard deviation of the logarithm of a level that is not known exactly."""
WEAKEST = 1.0
"""The level, 0-255 scale, below which nobody could tell white noise from other."""


@dataclass(frozen=True)
class Telling:
    """What shares of the patches are told: a level up to twice too high (`overstated`); the network's own estimate.

    Half are told the estimate (`own`), but of white noise, which an estimator knows well, fewer (`own_white`). Of the
    clean ones, some are told any level at all (`false`), which must not make anything up.
    """

    overstated: float = 0.15
    own: float = 0.5
    own_white: float = 0.1
    false: float = 0.0


SELDOM_OVERSTATED = Telling(overstated=0.05, false=0.2)
"""What a network is told that knows already what to make of a level too high: enough to remember."""
EXACTLY = Telling(overstated=0.05, own=0.0, own_white=0.0)
"""What experts are told: of white noise, the level is known."""


def level_of(degraded: Degraded) -> FloatImage:
    """Return the noise level of each block, (H / 8, W / 8, 1) float32 in 0-1: exact where the noise is white."""
    if degraded.sigma is None:
        return noise_level(degraded.noisy, degraded.clean)
    height, width = degraded.noisy.shape[:2]
    return np.full((height // BLOCK, width // BLOCK, 1), degraded.sigma / LEVELS, np.float32)


def whiteness_of(degraded: Degraded, level: FloatImage) -> FloatImage:
    """Return for each block, (H / 8, W / 8, 1), 1 for white noise, 0 for other, `UNKNOWN` where there is too little."""
    white = np.float32(degraded.kind == "gaussian")
    return np.where(level * LEVELS < WEAKEST, np.float32(UNKNOWN), white)


def told(degraded: Degraded, level: FloatImage, most: float, telling: Telling, rng: np.random.Generator) -> FloatImage:
    """Return the level that the network is told, (H, W, 1) float32 in 0-1.

    Some are told `OWN`: the network's own estimate. Some are told up to twice the noise there is, so that a level set
    too high costs detail but adds nothing: a network that always was told the truth leaves speckle where it looks in
    vain for more. What is no white noise is never known exactly: there the level is off by a tenth or so.
    """
    height, width = degraded.noisy.shape[:2]
    if degraded.kind == "clean" and rng.random() < telling.false:
        return np.full((height, width, 1), rng.uniform(0.0, most) / LEVELS, np.float32)
    if rng.random() < (telling.own_white if degraded.sigma else telling.own):
        return np.full((height, width, 1), OWN, np.float32)
    factor = rng.uniform(1.0, 2.0) if rng.random() < telling.overstated else 1.0
    extra = rng.uniform(0.0, OVERSTATED_BY) if factor > 1 else 0.0
    if degraded.sigma is not None:
        stated = min(factor * degraded.sigma + extra, most)
        return np.full((height, width, 1), stated / LEVELS, np.float32)
    doubtful = level[..., 0] * np.float32(LEVELS * factor * np.exp(rng.normal(0.0, DOUBT)))
    return NoiseMap(doubtful).at(Tile(Span(0, height, 0, height), Span(0, width, 0, width)))
