"""Where a reconstruction differs from its original: as numbers, and as a heat map over the picture."""

import numpy as np

from models.pixels import FloatImage, Samples, to_float, to_samples

ORDINARY = 0.99
"""The share of the pixels of held-out pictures whose error is under a card's `error_scale`."""
HOTTEST = 2.0
"""How many times that scale is plain red; the scale itself is yellow."""
OPACITY = 0.8
"""Of the tint from yellow on, so that the picture can still be seen."""

_STRIP_ROWS = 64


def pixel_errors(original: FloatImage, reconstructed: FloatImage) -> FloatImage:
    """Return the absolute errors of pixels (…, H, W, C) in 0-1, the mean of the channels: (…, H, W) float32."""
    return np.asarray(np.abs(original - reconstructed).mean(axis=-1), dtype=np.float32)


def scale_of(errors: FloatImage) -> float:
    """Return what is large for an error: what the share `ORDINARY` of `errors`, of any shape, stays below."""
    return max(float(np.quantile(errors, ORDINARY)), float(np.finfo(np.float32).tiny))


def heat_map(pixels: Samples, errors: FloatImage, scale: float) -> Samples:
    """Return `pixels` (H, W, 1 or 3), uint8 or uint16, as RGB (H, W, 3), tinted where `errors` (H, W) are large.

    A pixel without an error stays as it is. The tint grows up to yellow at `scale`, and from there on turns orange and
    then red, at `HOTTEST` times the scale. The scale belongs to a model, not to a picture: the maps of different
    pictures can be compared.
    """
    result = np.empty((*pixels.shape[:2], 3), pixels.dtype)
    for top in range(0, len(pixels), _STRIP_ROWS):
        strip = slice(top, top + _STRIP_ROWS)
        result[strip] = to_samples(_tinted(to_float(pixels[strip]), errors[strip] / np.float32(scale)), pixels.dtype)
    return result


def _tinted(values: FloatImage, heat: FloatImage) -> FloatImage:
    weight = (OPACITY * np.clip(heat, 0.0, 1.0))[..., None]
    green = np.clip((HOTTEST - heat) / (HOTTEST - 1.0), 0.0, 1.0)
    tint = np.stack([np.ones_like(heat), green, np.zeros_like(heat)], axis=-1)
    return np.asarray(values * (1.0 - weight) + tint * weight, dtype=np.float32)
