"""Which of the dark marks on a paper are the digit: not its edge, not a shadow's, no specks."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from models.pixels import FloatImage, Mask

SIDE = 192
"""The longer side at which marks are told apart."""
SHORTEST = 0.03
"""The longer side of the smallest digit, as a share of the picture's: less is a speck."""
SPECK = 0.02
"""The ink of the lightest digit, as a share of the largest mark's: that may be a dark table around the paper."""
LIGHTEST = 0.1
"""The ink of the lightest part of a digit, as a share of its largest part's."""
FARTHEST = 0.35
"""How far from the largest part another may be, as a share of that one's longer side."""

Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Mark:
    """What is connected: its label, its amount of ink, and its box; rows and columns, the last ones included."""

    label: int
    ink: float
    top: int
    bottom: int
    left: int
    right: int

    @property
    def length(self) -> int:
        return max(self.bottom - self.top, self.right - self.left) + 1

    def touches(self, shape: tuple[int, ...]) -> bool:
        """Tell whether the mark reaches the edge of a picture of that shape."""
        return self.top == 0 or self.left == 0 or self.bottom == shape[0] - 1 or self.right == shape[1] - 1

    def gap(self, other: "_Mark") -> int:
        """Return the pixels between two boxes, 0 where they overlap."""
        down = max(self.top, other.top) - min(self.bottom, other.bottom)
        across = max(self.left, other.left) - min(self.right, other.right)
        return max(down, across, 0)


def digit_among(marks: Mask, ink: FloatImage, *, inside: bool) -> Mask:
    """Return where the digit is, with some margin: (H, W), like `marks` and the `ink` that they have.

    That is the mark with the most ink which does not touch the picture's edge, and whatever large is close to it. Where
    there is no sizeable one, marks that do touch it are taken, unless it has to be `inside`. Nothing where all marks
    are specks.
    """
    factor = -(-max(marks.shape) // SIDE)
    labels = _labels(_grown(_pooled(marks, factor) > 0))
    found = _marks(labels, _pooled(ink * marks, factor))
    chosen = _chosen(found, labels.shape, inside_only=inside)
    kept = np.isin(labels, [mark.label for mark in chosen])
    return np.repeat(np.repeat(kept, factor, axis=0), factor, axis=1)[: marks.shape[0], : marks.shape[1]]


def _chosen(found: list[_Mark], shape: tuple[int, ...], *, inside_only: bool) -> list[_Mark]:
    sizeable = [mark for mark in found if mark.length - 2 >= SHORTEST * max(shape)]
    most = max((mark.ink for mark in sizeable), default=0.0)
    inside = [mark for mark in sizeable if mark.ink >= SPECK * most and not mark.touches(shape)]
    candidates = inside if inside or inside_only else sizeable
    largest = max(candidates, key=lambda mark: mark.ink, default=None)
    if largest is None:
        return []
    return [
        mark
        for mark in found
        if mark.ink >= LIGHTEST * largest.ink
        and mark.gap(largest) <= FARTHEST * largest.length
        and not (inside and mark.touches(shape))
    ]


def _marks(labels: Labels, ink: FloatImage) -> list[_Mark]:
    rows, columns = np.nonzero(labels)
    names, which = np.unique(labels[rows, columns], return_inverse=True)
    amounts = np.bincount(which, weights=ink[rows, columns], minlength=len(names))
    ends = (*_extremes(rows, which, len(names)), *_extremes(columns, which, len(names)))
    return [_Mark(*each) for each in zip(names, amounts, *ends, strict=True)]


def _extremes(places: Labels, which: Labels, count: int) -> tuple[Labels, Labels]:
    """Return the first and the last of the `places` of each of `count` groups."""
    first, last = np.full(count, places.max(initial=0)), np.zeros(count, np.int64)
    np.minimum.at(first, which, places)
    np.maximum.at(last, which, places)
    return first, last


def _pooled(values: npt.NDArray[np.generic], factor: int) -> FloatImage:
    """Return the sums of squares of `factor` pixels a side."""
    rows, columns = (-(-length // factor) for length in values.shape)
    padded = np.zeros((rows * factor, columns * factor), np.float32)
    padded[: values.shape[0], : values.shape[1]] = values
    return np.asarray(padded.reshape(rows, factor, columns, factor).sum(axis=(1, 3)), dtype=np.float32)


def _grown(mask: Mask) -> Mask:
    """Return a mask with one pixel more on every side: what a pen leaves out does not break a stroke."""
    padded = np.pad(mask, 1)
    height, width = mask.shape
    shifted = [padded[row : row + height, column : column + width] for row in range(3) for column in range(3)]
    return np.asarray(np.any(shifted, axis=0))


def _labels(mask: Mask) -> Labels:
    """Return a positive number for each pixel of a mask, the same for all that are connected by their sides; else 0."""
    labels = np.where(mask, np.arange(1, mask.size + 1).reshape(mask.shape), 0)
    before = np.zeros_like(labels)
    while not np.array_equal(labels, before):
        before = labels.copy()
        for view in (labels, labels[::-1], labels.T, labels.T[::-1]):
            for row, following in pairwise(view):
                np.maximum(following, row, out=following, where=following > 0)
    return labels
