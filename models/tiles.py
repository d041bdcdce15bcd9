"""Cutting a picture into tiles that overlap by a halo, and what each tile contributes to the whole.

Tiles shift inward at the border, so that their edge is the picture's edge; inner edges carry a halo as wide as the
network's receptive field. A tile then sees everything that the pixels it keeps depend on, and the tiled result
equals the untiled one. *Untiled* means the picture, reflect-padded to a multiple of the network's stride, in one
piece.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from models.pixels import Pixels

DEFAULT_TILE = 512
"""Side of a tile in pixels, halo included: what the service runs and an evaluation measures."""


@dataclass(frozen=True)
class Span:
    """One axis of a tile, in pixels of the padded picture: what it reads and the part of that which it keeps."""

    start: int
    stop: int
    keep_start: int
    keep_stop: int


@dataclass(frozen=True)
class Tile:
    """A rectangle of the padded picture."""

    rows: Span
    columns: Span


@dataclass(frozen=True)
class Grid:
    """How a picture of `height` x `width` is cut: tiles of side `size` with a `halo`, everything on `multiple`.

    Raises ValueError when `size` leaves nothing to keep beside two halos.
    """

    height: int
    width: int
    size: int
    halo: int
    multiple: int

    def __post_init__(self) -> None:
        if self.size % self.multiple or self.size <= 2 * up_to(self.halo, self.multiple):
            raise ValueError(
                f"a tile of {self.size} must be a multiple of {self.multiple} and wider than two halos of {self.halo}"
            )

    def __iter__(self) -> Iterator[Tile]:
        """Yield the tiles row by row; together they keep every pixel of the padded picture exactly once."""
        for rows in self._spans(self.height):
            for columns in self._spans(self.width):
                yield Tile(rows, columns)

    def _spans(self, length: int) -> Iterator[Span]:
        padded = up_to(length, self.multiple)
        halo = up_to(self.halo, self.multiple)
        kept = start = 0
        while start + self.size < padded:
            keep_stop = start + self.size - halo
            yield Span(start, start + self.size, kept, keep_stop)
            kept = keep_stop
            start = min(kept - halo, padded - self.size)
        yield Span(start, padded, kept, padded)


def up_to(length: int, multiple: int) -> int:
    """Return `length` rounded up to a multiple of `multiple`."""
    return -(-length // multiple) * multiple


def cut(picture: Pixels, tile: Tile) -> Pixels:
    """Return the part of `picture` (H, W, C) that `tile` reads, reflected where it reaches over the edge.

    A view where nothing has to be padded: do not write to it.
    """
    part = picture[tile.rows.start : tile.rows.stop, tile.columns.start : tile.columns.stop]
    missing_rows = tile.rows.stop - tile.rows.start - part.shape[0]
    missing_columns = tile.columns.stop - tile.columns.start - part.shape[1]
    if not missing_rows and not missing_columns:
        return part
    padded: Pixels = np.pad(part, ((0, missing_rows), (0, missing_columns), (0, 0)), mode="reflect")  # type: ignore[assignment]
    return padded


def stitch(whole: Pixels, tile: Tile, result: Pixels) -> None:
    """Write what `tile` keeps of its `result` (as large as the tile, …, C) into `whole` (H, W, C), less the padding."""
    rows, columns = tile.rows, tile.columns
    target = whole[rows.keep_start : rows.keep_stop, columns.keep_start : columns.keep_stop]
    top, left = rows.keep_start - rows.start, columns.keep_start - columns.start
    target[...] = result[top : top + target.shape[0], left : left + target.shape[1]]
