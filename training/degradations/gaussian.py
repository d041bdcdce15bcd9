"""White Gaussian noise: the noise that levels (sigma) are quoted for."""

import numpy as np

from models.pixels import LEVELS, FloatImage


def gaussian(clean: FloatImage, sigma: float, rng: np.random.Generator, *, shared: bool = False) -> FloatImage:
    """Add white Gaussian noise of standard deviation `sigma` (0-255 scale); neither clipped nor rounded.

    `clean` is (…, H, W, C), 0-1. With `shared` the channels get the same noise, as those of a gray picture do.
    """
    *size, channels = clean.shape
    noise = rng.standard_normal((*size, 1 if shared else channels))
    return (clean + noise * (sigma / LEVELS)).astype(np.float32)


def gaussian_clipped(clean: FloatImage, sigma: float, rng: np.random.Generator) -> FloatImage:
    """Return `gaussian` clipped to 0-1, not rounded: the noise of the Keras tutorials' denoising autoencoders."""
    return np.clip(gaussian(clean, sigma, rng), 0.0, 1.0)
