"""Geometric self-ensemble: a picture through a denoiser in its eight flips and rotations, and the mean of the results.

Timofte, Rothe, Van Gool, "Seven Ways to Improve Example-Based Single Image Super Resolution", CVPR 2016, section 3.5.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Protocol

import numpy as np
import numpy.typing as npt

from models.pixels import FloatImage
from models.tiles import Shape


class Units(Protocol):
    """What goes through a network unit by unit; see models.denoising.Denoising."""

    shape: Shape

    @property
    def count(self) -> int: ...

    def feed(self, unit: int) -> Mapping[str, FloatImage]: ...

    def accept(self, unit: int, values: FloatImage) -> None: ...


@dataclass(frozen=True)
class Turn:
    """A symmetry of the square: rows and columns change places or not, then each keeps its order (1) or not (-1)."""

    transposed: bool
    rows: int
    columns: int

    def apply(self, picture: FloatImage) -> FloatImage:
        """Return `picture` (H, W, C) turned, as a copy: (W, H, C) if this is `transposed`."""
        turned = picture.swapaxes(0, 1) if self.transposed else picture
        return np.ascontiguousarray(turned[:: self.rows, :: self.columns])

    def undo(self, picture: FloatImage) -> FloatImage:
        """Return a turned `picture` as it was, as a view."""
        back = picture[:: self.rows, :: self.columns]
        return back.swapaxes(0, 1) if self.transposed else back


TURNS = tuple(Turn(*each) for each in product((False, True), (1, -1), (1, -1)))


class _Means:
    """The means of each unit's eight results, on their way to the `work` that they are for.

    The sums are float64, in which those of eight float32 values come out the same in whatever order these arrive. They
    are held from a unit's first result to its last.
    """

    def __init__(self, work: Units) -> None:
        self.work = work
        self._sums: dict[int, tuple[npt.NDArray[np.float64], int]] = {}
        self._changing = threading.Lock()

    def add(self, unit: int, values: FloatImage) -> None:
        """Take one of a unit's results, (H, W, C), upright; hand on their mean with the last of them."""
        with self._changing:
            before = self._sums.pop(unit, None)
            total, arrived = before or (np.zeros(values.shape), 0)
            total += values
            if arrived + 1 < len(TURNS):
                self._sums[unit] = total, arrived + 1
                return
        self.work.accept(unit, np.asarray(total / len(TURNS), dtype=np.float32))


class Turned:
    """The units of a work in some of their turns, as units of one shape: those of a tile follow each other."""

    def __init__(self, means: _Means, turns: Sequence[Turn], shape: Shape) -> None:
        self.shape = shape
        self._means, self._turns = means, turns

    @property
    def count(self) -> int:
        """The number of units."""
        return self._means.work.count * len(self._turns)

    def feed(self, unit: int) -> Mapping[str, FloatImage]:
        """Return the inputs of one unit, each (H, W, C) float32, all turned alike."""
        own, turn = self._unit(unit)
        return {name: turn.apply(value) for name, value in self._means.work.feed(own).items()}

    def accept(self, unit: int, values: FloatImage) -> None:
        """Take the network's output for one unit, (H, W, C) float32."""
        own, turn = self._unit(unit)
        self._means.add(own, turn.undo(values))

    def _unit(self, unit: int) -> tuple[int, Turn]:
        own, turn = divmod(unit, len(self._turns))
        return own, self._turns[turn]


def in_all_turns(work: Units) -> list[Turned]:
    """Return what a network has to run so that `work` accepts, for each unit, the mean of its eight turns' results.

    That is one work of all turns if units are square, else one of those that keep their shape and one of the others;
    the sums of all units are then held at once. Units may be fed and accepted in any order, by several threads.
    """
    means, (height, width) = _Means(work), work.shape
    if height == width:
        return [Turned(means, TURNS, work.shape)]
    upright = [turn for turn in TURNS if not turn.transposed]
    lying = [turn for turn in TURNS if turn.transposed]
    return [Turned(means, upright, (height, width)), Turned(means, lying, (width, height))]
