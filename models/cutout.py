"""What was cut out of a picture of paper for a network, and the way back onto the paper."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from PIL import Image

from models.pixels import FloatImage, Samples, luma, to_samples


class Box(NamedTuple):
    """A rectangle in shares of a picture's height and width; it may reach beyond the picture."""

    top: float
    left: float
    bottom: float
    right: float

    def within(self, height: int, width: int) -> tuple[slice, slice]:
        """Return the rows and columns of a picture of that size that it covers."""
        rows = slice(max(0, round(self.top * height)), min(height, round(self.bottom * height)))
        return rows, slice(max(0, round(self.left * width)), min(width, round(self.right * width)))

    def seen_from(self, frame: "Box") -> "Box":
        """Return the same rectangle in shares of `frame`."""
        down, across = frame.bottom - frame.top, frame.right - frame.left
        return Box(
            (self.top - frame.top) / down,
            (self.left - frame.left) / across,
            (self.bottom - frame.top) / down,
            (self.right - frame.left) / across,
        )


@dataclass(frozen=True)
class Cutout:
    """A digit that was found on paper, as a network takes it: `image` (height, width, channels) float32 in 0-1.

    `square` is the part of the picture that `image` shows. `paper` is the brightness of the paper in each channel of
    the picture, (h, w) in 0-1 for all of it, and `ink` the share of that which the ink takes away.
    """

    image: FloatImage
    square: Box
    paper: tuple[FloatImage, ...]
    ink: tuple[float, ...]

    def placed(self, output: FloatImage, pixels: Samples) -> Samples:
        """Return a picture with the network's output in its square, in its ink and on its paper."""
        place, seen, region = self._place(pixels.shape[0], pixels.shape[1])
        result = pixels.copy()
        target = result[place]
        written = _part(one_plane(output), seen, target.shape[0], target.shape[1])
        for channel, (paper, ink) in enumerate(zip(self.paper, self.ink, strict=True)):
            blank = _part(paper, region, target.shape[0], target.shape[1])
            target[..., channel] = to_samples(blank * (1.0 - np.float32(ink) * written), target.dtype)
        return result

    def spread(self, values: FloatImage, height: int, width: int) -> FloatImage:
        """Return the values in the square of a picture of that size, 0 elsewhere."""
        result = np.zeros((height, width), np.float32)
        place, seen, _ = self._place(height, width)
        target = result[place]
        target[...] = _part(values, seen, target.shape[0], target.shape[1])
        return result

    def _place(self, height: int, width: int) -> tuple[tuple[slice, slice], Box, Box]:
        """Return what is covered of a picture, and that in shares of the square and of the picture."""
        rows, columns = self.square.within(height, width)
        region = Box(rows.start / height, columns.start / width, rows.stop / height, columns.stop / width)
        return (rows, columns), region.seen_from(self.square), region


def one_plane(image: FloatImage) -> FloatImage:
    """Return (h, w, 1 or 3) as (h, w): of colours, the luma."""
    return luma(*np.moveaxis(image, 2, 0)) if image.shape[2] == 3 else image[..., 0]


def _part(plane: FloatImage, box: Box, height: int, width: int) -> FloatImage:
    """Return a part of (h, w) float32 as (height, width), smoothly."""
    rows, columns = plane.shape
    top, bottom = (min(max(each, 0.0), 1.0) * rows for each in (box.top, box.bottom))
    left, right = (min(max(each, 0.0), 1.0) * columns for each in (box.left, box.right))
    image = Image.fromarray(np.ascontiguousarray(plane))
    return np.asarray(image.resize((width, height), Image.Resampling.BILINEAR, box=(left, top, right, bottom)))
