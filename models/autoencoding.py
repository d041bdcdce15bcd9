"""A picture through an autoencoder of a fixed input size: into it, and back to the picture's own size."""

import numpy as np
from PIL import Image

from models.card import Anomaly, Input
from models.pixels import ByteImage, FloatImage, to_bytes, to_float, to_gray


def to_input(pixels: ByteImage, spec: Input) -> FloatImage:
    """Return `pixels` (H, W, 1 or 3) as a batch of one, (1, height, width, channels) float32 in 0-1.

    Colour becomes gray for a gray network (BT.601 luma), gray is repeated for a colour one; the size is changed by
    triangular interpolation with antialiasing. A picture that already fits goes in as it is.
    """
    values = to_float(pixels)
    if values.shape[2] == 3 and spec.channels == 1:
        values = to_gray(values)
    elif values.shape[2] == 1 and spec.channels == 3:
        values = np.repeat(values, 3, axis=2)
    return resize(values, spec.height or values.shape[0], spec.width or values.shape[1])[None]


def to_picture(values: FloatImage, height: int, width: int, channels: int) -> ByteImage:
    """Return one output (h, w, c), 0-1, as a picture (height, width, channels) uint8."""
    values = resize(values, height, width)
    if values.shape[2] == 1:
        values = np.repeat(values, channels, axis=2)
    elif channels == 1:
        values = to_gray(values)
    return to_bytes(values)


def resize(values: FloatImage, height: int, width: int) -> FloatImage:
    """Return (h, w, c) float32 as (height, width, c); unchanged where the size is right already."""
    if values.shape[:2] == (height, width):
        return values
    planes = [
        np.asarray(Image.fromarray(values[..., channel]).resize((width, height), Image.Resampling.BILINEAR))
        for channel in range(values.shape[2])
    ]
    return np.stack(planes, axis=2)


def reconstruction_error(original: FloatImage, reconstructed: FloatImage) -> float:
    """Return the mean squared error of two arrays of pixels in 0-1."""
    return float(np.mean(np.square(original - reconstructed), dtype=np.float64))


def anomaly_score(error: float, anomaly: Anomaly) -> float:
    """Return the share of the model's held-out pictures whose statistic is smaller than `error`, 0-1."""
    return float(np.interp(error, anomaly.quantiles, np.linspace(0.0, 1.0, len(anomaly.quantiles))))


def unit_length(vectors: FloatImage) -> FloatImage:
    """Return (N, dimension) float32 vectors scaled to length 1; the zero vector stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, np.finfo(np.float32).tiny), dtype=np.float32)
