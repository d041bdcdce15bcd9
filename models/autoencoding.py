"""A picture through an autoencoder of a fixed input size: into it, and back to the picture's own size."""

import numpy as np
import numpy.typing as npt
from PIL import Image

from models.card import Anomaly, Input
from models.denoising import Feed
from models.pixels import FloatImage, Samples, to_float, to_gray, to_samples
from models.tiles import Shape


class Coding:
    """One picture, made fit by `to_input`, on its way through an autoencoder or its encoder; `output` is what came out.

    A single unit of work, as models.denoising.Denoising has many. `image` is (height, width, channels).
    """

    count = 1

    def __init__(self, image: FloatImage) -> None:
        self.shape: Shape = image.shape[0], image.shape[1]
        self.output: FloatImage = np.empty(0, np.float32)
        self.image = image

    def feed(self, _: int) -> Feed:
        """Return the network's input, without the batch axis."""
        return {"image": self.image}

    def accept(self, _: int, values: FloatImage) -> None:
        """Take the network's output for the picture."""
        self.output = values


def to_input(pixels: Samples, spec: Input) -> FloatImage:
    """Return `pixels` (H, W, 1 or 3), uint8 or uint16, as the network takes them.

    That is (height, width, channels) float32 in 0-1. Colour becomes gray for a gray network (BT.601 luma), gray is
    repeated for a colour one; the size is changed by triangular interpolation with antialiasing. A picture that already
    fits goes in as it is.
    """
    values = to_float(pixels)
    if values.shape[2] == 3 and spec.channels == 1:
        values = to_gray(values)
    elif values.shape[2] == 1 and spec.channels == 3:
        values = np.repeat(values, 3, axis=2)
    return resize(values, spec.height or values.shape[0], spec.width or values.shape[1])


def to_picture(values: FloatImage, height: int, width: int, channels: int, *, dtype: npt.DTypeLike) -> Samples:
    """Return one output (h, w, c), 0-1, as a picture (height, width, channels) of `dtype`: uint8 or uint16."""
    values = resize(values, height, width)
    if values.shape[2] == 1:
        values = np.repeat(values, channels, axis=2)
    elif channels == 1:
        values = to_gray(values)
    return to_samples(values, dtype)


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
    """Return (…, dimension) float32 vectors scaled to length 1; the zero vector stays zero."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, np.finfo(np.float32).tiny), dtype=np.float32)
