"""A picture through a denoiser: tiles to network inputs, outputs back to pixels. Shared by service and evaluation."""

from collections.abc import Callable, Mapping

import numpy as np

from models.card import Input
from models.pixels import LEVELS, ByteImage, FloatImage, Pixels, to_bytes, to_float
from models.tiles import Grid, Tile, cut, stitch

Feed = Mapping[str, FloatImage]
"""Network inputs by name: `image` (N, H, W, C) 0-1 and, where the model takes it, `sigma` (N, H, W, 1) 0-1."""

Run = Callable[[Feed], FloatImage]
"""A loaded model: inputs to the denoised `image`."""


def denoise(pixels: Pixels, run: Run, spec: Input, *, tile: int, sigma: float | None = None) -> ByteImage:
    """Return `pixels` denoised, as uint8 of the same shape.

    `pixels` is (H, W, 1 or 3), uint8 or float32 in 0-1 (noise may reach beyond). `sigma` is the noise level on the
    0-255 scale, None for a model without that input. Nothing larger than a tile is held in floats.
    """
    clean = np.empty(pixels.shape, dtype=np.uint8)
    for each in Grid(pixels.shape[0], pixels.shape[1], tile, spec.halo, spec.multiple):
        values = run(_feed(pixels, each, spec.channels, sigma))
        stitch(clean, each, to_bytes(_from_batch(values, pixels.shape[2])))
    return clean


def _feed(pixels: Pixels, tile: Tile, channels: int, sigma: float | None) -> Feed:
    image = _to_batch(to_float(cut(pixels, tile)), channels)
    if sigma is None:
        return {"image": image}
    level = np.float32(sigma / LEVELS)
    return {"image": image, "sigma": np.full((*image.shape[:3], 1), level, dtype=np.float32)}


def _to_batch(values: FloatImage, channels: int) -> FloatImage:
    """Return (H, W, C) as a batch for a network of `channels`.

    A gray picture is repeated for a colour network; a gray network gets the colours as pictures of their own.
    """
    if values.shape[2] == channels:
        return values[None]
    if channels == 1:
        return np.moveaxis(values, 2, 0)[..., None]
    return np.repeat(values, channels, axis=2)[None]


def _from_batch(values: FloatImage, channels: int) -> FloatImage:
    """Undo `_to_batch`: (H, W, C) with the picture's own `channels`."""
    if len(values) == channels and values.shape[3] == 1:
        return np.moveaxis(values[..., 0], 0, 2)
    one: FloatImage = values[0]
    return one if one.shape[2] == channels else one.mean(axis=2, keepdims=True)
