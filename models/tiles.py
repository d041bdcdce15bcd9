"""Cutting a picture into equal tiles that overlap by a halo, and what each tile contributes to the whole.

Tiles shift inward at the border, so that their edge is the picture's edge; inner edges carry the network's halo. A
tile then sees everything that the pixels it keeps depend on, and the tiled result equals the untiled one. *Untiled*
means the picture, reflect-padded to where its last tile ends, in one piece.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from models.pixels import Pixels

DEFAULT_TILE = 512
"""Longest side of a tile in pixels, halo included: what the service runs and an evaluation measures."""

SIDES = (28, 32, 64, 96, 128, 192, 256, 320, 384, 448, 512, 640, 768, 896, 1024)
"""The sides that tiles have, so that a network meets few shapes and none for the first time in a request.

Close enough to each other that a picture smaller than a tile does not pay for a whole one; 28 is what digits have.
"""

TILE_OVERHEAD = 16
"""What a tile costs beside its pixels, as pixels of its side: many tiny ones are no bargain."""

SQUARE_BEYOND = 2**19
"""Pixels of all tiles together beyond which tiles that are also turned by 90 degrees are square."""

Shape = tuple[int, int]
"""(height, width) in pixels."""


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


@lru_cache(maxsize=64)
def sides(longest: int, multiple: int) -> tuple[int, ...]:
    """Return the sides of tiles up to `longest`, ascending, for a network that takes multiples of `multiple`.

    Raises ValueError where there are none.
    """
    found = tuple(side for side in SIDES if side <= longest and side % multiple == 0)
    if not found:
        raise ValueError(f"no tile of up to {longest} is a multiple of {multiple}; sides are {SIDES}")
    return found


@dataclass(frozen=True)
class Grid:
    """How a picture of `height` x `width` is cut: tiles up to side `size` with a `halo`, everything on `multiple`.

    All tiles of a picture have one `shape`, of those `SIDES` that cost the least together. `turnable` tiles, which a
    network also takes turned by 90 degrees, are square beyond `SQUARE_BEYOND`, so that a large picture's have one shape
    however they are turned. Squares cost up to a third more for a small picture, next to nothing for a large one.
    Raises ValueError when the largest leaves nothing to keep beside two halos.
    """

    height: int
    width: int
    size: int
    halo: int
    multiple: int
    turnable: bool = False

    def __post_init__(self) -> None:
        if max(sides(self.size, self.multiple)) <= 2 * self._halo:
            raise ValueError(f"tiles of up to {self.size} must be wider than two halos of {self.halo}")

    @cached_property
    def shape(self) -> Shape:
        """What every tile of the picture reads."""
        rows, columns = self._counts(self.height), self._counts(self.width)
        height, width = _cheapest(rows), _cheapest(columns)
        if not self.turnable or rows[height] * height * columns[width] * width <= SQUARE_BEYOND:
            return height, width
        side = _cheapest({side: rows[side] * columns[side] for side in rows if side in columns}, axes=2)
        return side, side

    @property
    def count(self) -> int:
        """The number of tiles."""
        return self._counts(self.height)[self.shape[0]] * self._counts(self.width)[self.shape[1]]

    def __iter__(self) -> Iterator[Tile]:
        """Yield the tiles row by row; together they keep every pixel of the padded picture exactly once."""
        for rows in self._spans(self.height, self.shape[0]):
            for columns in self._spans(self.width, self.shape[1]):
                yield Tile(rows, columns)

    @property
    def _halo(self) -> int:
        return up_to(self.halo, self.multiple)

    def _counts(self, length: int) -> Mapping[int, int]:
        return _counts(length, self.size, self._halo, self.multiple)

    def _spans(self, length: int, side: int) -> Iterator[Span]:
        count = self._counts(length)[side]
        padded = max(up_to(length, self.multiple), side)
        step = up_to(-(-(padded - side) // max(count - 1, 1)), self.multiple)
        starts = [min(index * step, padded - side) for index in range(count)]
        kept = [0, *(start + self._halo for start in starts[1:]), padded]
        for start, keep_start, keep_stop in zip(starts, kept, kept[1:], strict=False):
            yield Span(start, start + side, keep_start, keep_stop)


@lru_cache(maxsize=4096)
def _counts(length: int, size: int, halo: int, multiple: int) -> Mapping[int, int]:
    """Return the number of tiles along an axis for each side that they may have."""
    possible = [side for side in sides(size, multiple) if side > 2 * halo or side >= length]
    return {side: 1 if length <= side else -(-(length - 2 * halo) // (side - 2 * halo)) for side in possible}


def _cheapest(counts: Mapping[int, int], axes: int = 1) -> int:
    """Return the side whose tiles, as many as `counts` says, cost the least; `axes` is 2 for those of squares."""
    return min(counts, key=lambda side: counts[side] * (side + TILE_OVERHEAD) ** axes)


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


def kept(whole: Pixels, tile: Tile) -> Pixels:
    """Return the part of `whole` (H, W, C) that `tile` keeps, less the padding, as a view."""
    return whole[tile.rows.keep_start : tile.rows.keep_stop, tile.columns.keep_start : tile.columns.keep_stop]


def stitch(whole: Pixels, tile: Tile, result: Pixels) -> None:
    """Write what `tile` keeps of its `result` (as large as the tile, …, C) into `whole` (H, W, C), less the padding."""
    target = kept(whole, tile)
    top, left = tile.rows.keep_start - tile.rows.start, tile.columns.keep_start - tile.columns.start
    target[...] = result[top : top + target.shape[0], left : left + target.shape[1]]
