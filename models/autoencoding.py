"""A picture through an autoencoder of a fixed input size: into it, and back to the picture's own size."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from models.card import Input
from models.denoising import Feed
from models.pixels import FloatImage, Samples, luma, to_float, to_samples
from models.tiles import Shape
from models.transparency import is_opaque, laid_on

BACKGROUNDS = {"black": 0.0, "white": 1.0}
"""What models.card.Input.background names, on the scale 0-1."""


class Sight(Protocol):
    """What an autoencoder sees of a picture, `image` (height, width, channels) float32 in 0-1, and the way back."""

    @property
    def image(self) -> FloatImage: ...

    def placed(self, output: FloatImage, pixels: Samples) -> Samples:
        """Return the network's output where it belongs in the picture `pixels` (H, W, C), of the same kind."""
        ...

    def spread(self, values: FloatImage, height: int, width: int) -> FloatImage:
        """Return one value (h, w) for each pixel that the network sees as (height, width), smoothly."""
        ...


@dataclass(frozen=True)
class Whole:
    """The whole picture as an autoencoder sees it; `laid` tells that it was transparent in places."""

    image: FloatImage
    laid: bool = False

    def placed(self, output: FloatImage, pixels: Samples) -> Samples:
        """Return the output at the picture's size."""
        height, width, channels = pixels.shape
        return to_picture(output, height, width, channels, dtype=pixels.dtype)

    def spread(self, values: FloatImage, height: int, width: int) -> FloatImage:
        """Return the values at the picture's size."""
        return resize(values, height, width)


class Coding:
    """One picture on its way through an autoencoder or its encoder; `output` is what came out.

    A single unit of work, as models.denoising.Denoising has many.
    """

    count = 1

    def __init__(self, sight: Sight) -> None:
        self.shape: Shape = sight.image.shape[0], sight.image.shape[1]
        self.output: FloatImage = np.empty(0, np.float32)
        self.sight = sight

    def feed(self, _: int) -> Feed:
        """Return the network's input, without the batch axis."""
        return {"image": self.sight.image}

    def accept(self, _: int, values: FloatImage) -> None:
        """Take the network's output for the picture."""
        self.output = values


def whole(pixels: Samples, alpha: Samples | None, spec: Input, *, premultiplied: bool = False) -> Whole:
    """Return what a network that takes `spec` sees of a picture; see `to_input`."""
    laid = alpha is not None and not is_opaque(alpha)
    return Whole(to_input(pixels, spec, alpha if laid else None, premultiplied=premultiplied), laid)


def to_input(pixels: Samples, spec: Input, alpha: Samples | None = None, *, premultiplied: bool = False) -> FloatImage:
    """Return `pixels` (H, W, 1 or 3), uint8 or uint16, as the network takes them.

    That is (height, width, channels) float32 in 0-1. What `alpha` (H, W) lets through is `spec.background`, so that
    hidden colours do not matter; `premultiplied` pixels are multiplied with it already. Colour becomes gray for a gray
    network (BT.601 luma), gray is repeated for a colour one; the size is changed by triangular interpolation with
    antialiasing. A picture that already fits goes in as it is, and one in gray gives the same input, to the bit,
    whether its file holds it in one channel or in three equal ones, in 8 bits or in 16.
    """
    height, width = spec.height or pixels.shape[0], spec.width or pixels.shape[1]
    planes = [
        resize(plane, height, width)
        for plane in _planes(pixels, alpha, BACKGROUNDS[spec.background], premultiplied=premultiplied)
    ]
    if len(planes) == 3 and spec.channels == 1:
        planes = [luma(*planes)]
    elif len(planes) == 1:
        planes *= spec.channels
    return np.stack(planes, axis=2) if len(planes) > 1 else planes[0][..., None]


def _planes(pixels: Samples, alpha: Samples | None, background: float, *, premultiplied: bool) -> Iterator[FloatImage]:
    """Yield each channel in floats: of a large picture, all of them at a time would be much to hold."""
    weight = None if alpha is None else to_float(alpha)
    for channel in range(pixels.shape[2]):
        plane = to_float(pixels[..., channel])
        yield plane if weight is None else laid_on(plane, weight, background, premultiplied=premultiplied)


def to_picture(values: FloatImage, height: int, width: int, channels: int, *, dtype: npt.DTypeLike) -> Samples:
    """Return one output (h, w, c), 0-1, as a picture (height, width, channels) of `dtype`: uint8 or uint16."""
    planes = [resize(values[..., channel], height, width) for channel in range(values.shape[2])]
    if len(planes) == 3 and channels == 1:
        planes = [luma(*planes)]
    result: Samples = np.empty((height, width, channels), dtype)
    for first, plane in enumerate(planes):
        result[..., first :: len(planes)] = to_samples(plane, dtype)[..., None]
    return result


def resize(plane: FloatImage, height: int, width: int) -> FloatImage:
    """Return (h, w) float32 as (height, width), by triangular interpolation; unchanged if the size is right already."""
    if plane.shape == (height, width):
        return plane
    return np.asarray(Image.fromarray(plane).resize((width, height), Image.Resampling.BILINEAR))


def reconstruction_error(original: FloatImage, reconstructed: FloatImage) -> float:
    """Return the mean squared error of two arrays of pixels in 0-1."""
    return float(np.mean(np.square(original - reconstructed), dtype=np.float64))


def unit_length(vectors: FloatImage) -> FloatImage:
    """Return (…, dimension) float32 vectors scaled to length 1; the zero vector stays zero."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, np.finfo(np.float32).tiny), dtype=np.float32)
