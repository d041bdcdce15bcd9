"""Speckle: noise that grows with the signal, as in coherent imaging (radar, ultrasound)."""

import numpy as np

from models.pixels import FloatImage
from training.degradations.gaussian import gaussian


def speckle(clean: FloatImage, sigma: float, rng: np.random.Generator) -> FloatImage:
    """Multiply by white Gaussian noise of mean 1 and deviation `sigma` (0-255 scale, that of the noise at white).

    `clean` is (H, W, 3) float32, 0-1; the result is neither clipped nor rounded.
    """
    return clean * gaussian(np.ones_like(clean), sigma, rng)
