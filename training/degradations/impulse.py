"""Salt-and-pepper noise: dead and hot pixels, and errors of transmission."""

import numpy as np

from models.pixels import FloatImage


def salt_and_pepper(clean: FloatImage, share: float, rng: np.random.Generator) -> FloatImage:
    """Turn a `share` (0-1) of the pixels, all their channels, black or white with equal probability.

    `clean` is (H, W, 3) float32, 0-1.
    """
    drawn = rng.random(clean.shape[:2], dtype=np.float32)
    noisy = clean.copy()
    noisy[drawn < share] = 0.0
    noisy[drawn < share / 2] = 1.0
    return noisy
