"""Shot noise: light arrives in photons."""

import numpy as np

from models.pixels import FloatImage, to_gray


def poisson(clean: FloatImage, photons: float, rng: np.random.Generator, *, shared: bool = False) -> FloatImage:
    """Return Poisson(clean · photons) / photons: a value x gets the variance x / photons; not clipped above.

    `clean` is (H, W, 3) float32, 0-1 (negative values count as none); `photons` is the mean count at white. With
    `shared` the channels get the same noise, that of the luma, as those of a gray picture do.
    """
    light = np.maximum(to_gray(clean) if shared else clean, 0.0)
    noise = rng.poisson(light * np.float32(photons)) / photons - light
    return (clean + noise).astype(np.float32)
