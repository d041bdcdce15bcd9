"""Noise where it arises: in the linear light of a sensor, before colours are interpolated."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.pixels import FloatImage
from training.degradations.camera.mosaic import Method, Phase, demosaic, mosaic

SHOTS = (4e-5, 0.012)
"""The paper starts at 1e-4, with a telephone's sensor; larger ones are better."""
READ_SLOPE, READ_OFFSET, READ_SPREAD = 2.18, 1.20, 0.26
MALVAR_SHARE = 0.5
WHOLE_SHARE = 0.1
"""How many pictures show no trace of a mosaic, as those that were scaled down since."""
IDEAL_SHARE = 0.5

VARIANCE_LEFT: Mapping[Method | None, float] = {"bilinear": 0.59, "malvar": 0.92, None: 1.0}
"""What interpolation leaves of the noise's variance: sums of squared weights, averaged over places and colours."""


@dataclass(frozen=True)
class Sensor:
    """A sensor of which a pixel of light x has the variance `shot` · x + `read`, and what fills its mosaic.

    `method` None: every pixel has all colours. `ideal`: the noise is interpolated and the picture keeps its detail, as
    with algorithms that follow edges; linear ones leave false colours there. Arrays are (H, W, 3) float32 in linear
    light, sides even.
    """

    shot: float
    read: float
    phase: Phase
    method: Method | None
    ideal: bool

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "Sensor":
        """Return a random one at a random ISO: log(read) is linear in log(shot), as Brooks et al. (2019) measured."""
        shot = rng.uniform(math.log(SHOTS[0]), math.log(SHOTS[1]))
        read = rng.normal(READ_SLOPE * shot + READ_OFFSET, READ_SPREAD)
        row, column = (int(each) for each in rng.integers(2, size=2))
        whole, malvar, ideal = rng.random(3) < (WHOLE_SHARE, MALVAR_SHARE, IDEAL_SHARE)
        method: Method = "malvar" if malvar else "bilinear"
        return cls(math.exp(shot), math.exp(read), (row, column), None if whole else method, bool(ideal))

    def expose(self, light: FloatImage, rng: np.random.Generator) -> tuple[FloatImage, FloatImage]:
        """Return what becomes of `light` with noise and without, colours interpolated; full wells (1) clip."""
        if self.method is None:
            return self._well(light, rng), light
        raw = mosaic(light, self.phase)
        noisy, clean = demosaic(np.stack([self._well(raw, rng), raw]), self.phase, self.method)
        return (light + (noisy - clean), light) if self.ideal else (noisy, clean)

    def noisy(self, light: FloatImage, rng: np.random.Generator) -> FloatImage:
        """Return `light` of any shape with the Gaussian approximation of Poisson and read noise; not clipped."""
        noise = rng.standard_normal(light.shape, dtype=np.float32)
        return np.asarray(light + noise * np.sqrt(self._variance(light)), dtype=np.float32)

    def variance(self, light: FloatImage) -> FloatImage:
        """Return, about, the variance of the noise in interpolated `light`, (…, H, W, 3)."""
        return self._variance(light) * np.float32(VARIANCE_LEFT[self.method])

    def _well(self, light: FloatImage, rng: np.random.Generator) -> FloatImage:
        return np.minimum(self.noisy(light, rng), np.float32(1.0))

    def _variance(self, light: FloatImage) -> FloatImage:
        return np.asarray(np.maximum(light, 0.0) * np.float32(self.shot) + np.float32(self.read), dtype=np.float32)
