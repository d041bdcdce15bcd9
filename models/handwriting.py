"""A digit in dark ink on light paper, brought to the form of MNIST's digits.

The form is that of LeCun et al. (1998), "Gradient-based learning applied to document recognition": white on black, the
longer side 20 of the picture's 28 pixels, antialiased, the centre of mass in the picture's centre.
"""

import numpy as np
import numpy.typing as npt
from PIL import Image

from models.autoencoding import to_input
from models.card import Input
from models.cutout import Box, Cutout, one_plane
from models.paper import extreme, ink_on, paper_under, smaller
from models.pixels import FloatImage, Mask, Samples
from models.strokes import digit_among

SIDE = 512
"""The longer side of the copy that the digit is looked for in, and cut out of."""
MNIST_SIDE, MNIST_DIGIT, MNIST_CENTRE = 28, 20, 14.5
FAINTEST = 0.08
"""The least share of the paper's light that ink takes away."""
CERTAIN = 5.0
"""How many standard deviations of the noise ink is darker than paper."""
DEVIATION = 1.4826
"""The standard deviation of Gaussian noise with a median absolute value of 1."""
EDGE = 0.4
"""The share of full ink at which a stroke's edge is."""
THINNEST = 2.2
"""The width of a stroke, in pixels of MNIST, that thinner ones are given; a quarter of its digits has thinner ones."""
FULL = 0.8
"""The quantile of a stroke's brightness that becomes white."""

Places = npt.NDArray[np.intp]


class NoInk(ValueError):
    """There is nothing written on the paper."""

    def __init__(self) -> None:
        super().__init__("no ink found: the picture is to show a digit in dark ink on lighter paper")


def handwritten(pixels: Samples, alpha: Samples | None, spec: Input, *, premultiplied: bool = False) -> Cutout:
    """Return the digit that is written on a picture (H, W, 1 or 3), uint8 or uint16, as `spec` takes it.

    Shadows and the paper's colour do not matter; what is transparent is white paper. Raises NoInk.
    """
    height, width = smaller(pixels.shape[0], pixels.shape[1], SIDE)
    size = Input(channels=3 if pixels.shape[2] == 3 else 1, height=height, width=width)
    copy = to_input(pixels, size, alpha, premultiplied=premultiplied)
    planes = [np.ascontiguousarray(copy[..., channel]) for channel in range(copy.shape[2])]
    gray = one_plane(copy)
    ink = ink_on(gray, paper_under(gray))
    where, marks = _found(ink)
    written, bold = _bold(np.where(where, np.maximum(ink, 0.0), np.float32(0.0)), marks)
    square = _square(written, bold)
    paper = tuple(paper_under(plane) for plane in planes)
    share = tuple(float(np.median(ink_on(*each)[marks])) for each in zip(planes, paper, strict=True))
    image = _white_on_black(written, square, spec)
    whole = Box(0, 0, height, width)
    return Cutout(image, square.seen_from(whole), paper, share)


def _found(ink: FloatImage) -> tuple[Mask, Mask]:
    """Return where the digit is, with some margin, and its marks alone. Raises NoInk.

    It is sought twice, for its ink may be fainter than a dark table beside the paper: first anything that may be it,
    among what is dark and then what is faint, and then all that is as dark as that.
    """
    least = max(FAINTEST, CERTAIN * DEVIATION * float(np.median(np.abs(ink))))
    dark = ink[ink > least]
    if not dark.size:
        raise NoInk
    clear = EDGE * float(np.quantile(dark, 0.9))
    tries = ((max(clear, least), True), (least, True), (least, False))
    sought = (digit_among(ink > threshold, ink, inside=inside) for threshold, inside in tries)
    first = next((where for where in sought if where.any()), None)
    if first is None:
        raise NoInk
    marks = ink > max(least, EDGE * float(np.quantile(ink[first & (ink > least)], 0.9)))
    again = digit_among(marks, ink, inside=False)
    where = again if (again & first).any() else first
    return where, marks & where


def _bold(ink: FloatImage, marks: Mask) -> tuple[FloatImage, Mask]:
    """Return a thin pen's ink and marks as a thicker one would have left them."""
    edges = np.count_nonzero(marks[1:] != marks[:-1]) + np.count_nonzero(marks[:, 1:] != marks[:, :-1])
    width = 2 * np.count_nonzero(marks) / max(np.pi / 4 * edges, 1.0)
    window = round(THINNEST * _length(marks) / MNIST_DIGIT - width) | 1
    if window < 3:
        return ink, marks
    return extreme(ink, window, np.max), extreme(marks.view(np.uint8), window, np.max) > 0


def _length(marks: Mask) -> int:
    """Return the longer side of what the marks take."""
    return int(max(np.ptp(places) for places in np.nonzero(marks))) + 1


def _square(ink: FloatImage, marks: Mask) -> Box:
    """Return the square, in pixels, that shows the marks as MNIST does; it may reach beyond the picture."""
    rows, columns = np.nonzero(marks)
    weights = ink[rows, columns]
    side = _length(marks) * MNIST_SIDE / MNIST_DIGIT
    top, left = (_start(places, weights, side) for places in (rows, columns))
    return Box(top, left, top + side, left + side)


def _start(places: Places, weights: FloatImage, side: float) -> float:
    """Return where a square of that side begins: with the centre of mass in its centre, and all places in it.

    In MNIST the box of 20 pixels is shifted by whole ones, until the centre of mass is in the pixel behind the centre.
    """
    pixel = side / MNIST_SIDE
    before = MNIST_CENTRE - (float(np.average(places, weights=weights)) + 0.5 - places.min()) / pixel
    most = MNIST_SIDE - (np.ptp(places) + 1) / pixel
    return float(places.min() - pixel * np.clip(np.rint(before), 0.0, most))


def _white_on_black(ink: FloatImage, square: Box, spec: Input) -> FloatImage:
    top, left = int(np.floor(square.top)), int(np.floor(square.left))
    bottom, right = int(np.ceil(square.bottom)), int(np.ceil(square.right))
    around = Image.fromarray(ink).crop((left, top, right, bottom))
    box = (square.left - left, square.top - top, square.right - left, square.bottom - top)
    size = (spec.width or right - left, spec.height or bottom - top)
    plane = np.asarray(around.resize(size, Image.Resampling.HAMMING, box=box))
    level = np.quantile(plane[plane > 0.5 * plane.max()], FULL)
    return np.repeat(np.clip(plane / level, 0.0, 1.0).astype(np.float32)[..., None], spec.channels, axis=2)
