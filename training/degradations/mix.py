"""What a recipe degrades its patches with: named shares of the noise models, one drawn for each patch."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.pixels import FloatImage, to_bytes, to_float, to_gray
from training.degradations.camera import SOFTENING, Camera
from training.degradations.gaussian import gaussian
from training.degradations.kinds import KINDS
from training.degradations.resize import softened

WEAK = (0.3, 10.0)
NAMES = ("gaussian", "camera", *KINDS, "clean")


@dataclass(frozen=True)
class Degraded:
    """A training pair, `noisy` and `clean` (H, W, 3) float32, and the name of what was done to it.

    `sigma` (0-255 scale) is the level of white Gaussian noise, 0 where there is none; None: no single number says it.
    """

    noisy: FloatImage
    clean: FloatImage
    sigma: float | None
    kind: str


@dataclass(frozen=True)
class Mix:
    """Shares of the noise models by name, one of `NAMES`; they sum to 1. Raises ValueError where they don't.

    Gaussian noise has a sigma uniform in 0 to `sigma_max` (0-255 scale), a `weak_share` of it log-uniform in `WEAK`: an
    estimator that seldom sees little noise takes texture for it. A `gray_share` of the pairs is gray, in three equal
    channels. A `clipped_share` of what is not clean is clipped and rounded to 8 bits, as uploads are; the level told
    stays. A `soft_share` of the pictures with little noise or none show no more detail in a pixel than a camera's own
    files do: softening takes out the grain that a photograph came with, which an estimator would learn to overlook.
    """

    shares: Mapping[str, float]
    sigma_max: float = 75.0
    gray_share: float = 0.25
    clipped_share: float = 0.3
    weak_share: float = 0.2
    soft_share: float = 0.0

    def __post_init__(self) -> None:
        if unknown := set(self.shares) - set(NAMES):
            raise ValueError(f"no degradation is named {', '.join(sorted(unknown))}: there are {', '.join(NAMES)}")
        if min(self.shares.values(), default=0.0) < 0 or not math.isclose(sum(self.shares.values()), 1.0):
            raise ValueError(f"shares must not be negative and must sum to 1: {dict(self.shares)}")

    def draw(self, clean: FloatImage, rng: np.random.Generator) -> Degraded:
        """Degrade `clean`, (H, W, 3) float32 in 0-1, sides even and at least 8; all that is random comes from `rng`."""
        kind = self._kind(rng)
        gray, clipped = bool(rng.random() < self.gray_share), bool(rng.random() < self.clipped_share)
        noisy, target, sigma = self._pair(kind, clean, gray, rng)
        if gray:
            noisy, target = _gray(noisy), _gray(target)
        if clipped and kind != "clean":
            noisy = to_float(to_bytes(noisy))
        return Degraded(noisy, target, sigma, kind)

    def _kind(self, rng: np.random.Generator) -> str:
        shares = np.array(list(self.shares.values()))
        return list(self.shares)[int(rng.choice(len(shares), p=shares / shares.sum()))]

    def _pair(
        self, kind: str, clean: FloatImage, gray: bool, rng: np.random.Generator
    ) -> tuple[FloatImage, FloatImage, float | None]:
        if kind == "clean":
            clean = self._softened(clean, rng)
            return clean, clean, 0.0
        if kind == "gaussian":
            sigma = self._sigma(rng)
            clean = self._softened(clean, rng) if sigma < WEAK[1] else clean
            # Shared noise keeps its level in the luma: noise of each channel's own would lose a third of it.
            return gaussian(clean, sigma, rng, shared=gray), clean, sigma
        if kind == "camera":
            return *Camera.draw(rng).shoot(clean, rng), None
        return KINDS[kind](clean, rng), clean, None

    def _softened(self, clean: FloatImage, rng: np.random.Generator) -> FloatImage:
        if rng.random() >= self.soft_share:
            return clean
        return np.clip(softened(clean, float(rng.uniform(*SOFTENING))), 0.0, 1.0)

    def _sigma(self, rng: np.random.Generator) -> float:
        if rng.random() < self.weak_share:
            return math.exp(rng.uniform(math.log(WEAK[0]), math.log(WEAK[1])))
        return float(rng.uniform(0.0, self.sigma_max))


def _gray(picture: FloatImage) -> FloatImage:
    return np.repeat(to_gray(picture), picture.shape[-1], axis=-1)
