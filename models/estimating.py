"""A picture through a noise estimator: tiles to network inputs, outputs to a map of levels."""

import numpy as np

from models.card import Estimator
from models.denoising import Feed, Run
from models.noise_map import BLOCK, NoiseMap, combine
from models.pixels import FloatImage, Mask, Pixels, Samples, to_float
from models.tiles import Grid, Shape, Span, Tile, cut, stitch, up_to

COLOURS = 3


class Estimating:
    """A picture on its way through an estimator, in units as models.denoising.Denoising has them.

    `pixels` is (H, W, 1 or 3), uint8, uint16 or float32 in 0-1. Blocks with anything hidden by `alpha` (H, W) don't
    count for others. `noise_map` is the result once every unit is accepted.
    """

    def __init__(self, pixels: Pixels, spec: Estimator, *, tile: int, alpha: Samples | None = None) -> None:
        height, width = pixels.shape[:2]
        grid = Grid(height, width, tile, spec.halo, spec.multiple)
        self.shape: Shape = grid.shape
        self._pixels = pixels
        self._visible = None if alpha is None else _blocks_seen(alpha)
        self._tiles: list[Tile] = list(grid)
        self._estimates: FloatImage = np.empty((-(-height // BLOCK), -(-width // BLOCK), spec.told), np.float32)

    @property
    def count(self) -> int:
        """The number of units."""
        return len(self._tiles)

    def feed(self, unit: int) -> Feed:
        """Return the input of one unit, (H, W, 3) float32, without the batch axis."""
        image = to_float(cut(self._pixels, self._tiles[unit]))
        return {"image": np.repeat(image, COLOURS, axis=2) if image.shape[2] == 1 else image}

    def accept(self, unit: int, values: FloatImage) -> None:
        """Take the network's output for one unit, (H / BLOCK, W / BLOCK, 2 or 3) float32."""
        tile = self._tiles[unit]
        stitch(self._estimates, Tile(_in_blocks(tile.rows), _in_blocks(tile.columns)), values)

    @property
    def noise_map(self) -> NoiseMap:
        """The levels of the whole picture."""
        return combine(self._estimates, self._visible, _brightness(self._pixels))


def estimate(pixels: Pixels, run: Run, spec: Estimator, *, tile: int) -> NoiseMap:
    """Return the noise levels of `pixels`, one unit after the other; see `Estimating`."""
    work = Estimating(pixels, spec, tile=tile)
    for unit in range(work.count):
        values = run({name: value[None] for name, value in work.feed(unit).items()})
        work.accept(unit, values[0])
    return work.noise_map


def _in_blocks(span: Span) -> Span:
    return Span(*(pixels // BLOCK for pixels in (span.start, span.stop, span.keep_start, span.keep_stop)))


def _blocks_seen(alpha: Samples) -> Mask:
    """Return which blocks of (H, W) have every pixel visible."""
    height, width = (up_to(side, BLOCK) for side in alpha.shape)
    padded = np.pad(alpha != 0, ((0, height - alpha.shape[0]), (0, width - alpha.shape[1])), constant_values=True)
    return np.asarray(padded.reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK).all(axis=(1, 3)))


def _brightness(pixels: Pixels) -> FloatImage:
    """Return the mean of each block of (H, W, C), in 0-1; the last ones of a side may be smaller."""
    height, width = pixels.shape[:2]
    edges = np.arange(0, width, BLOCK)
    counts = np.diff(edges, append=width)
    rows = (to_float(pixels[top : top + BLOCK]).mean(axis=(0, 2)) for top in range(0, height, BLOCK))
    return np.stack([np.add.reduceat(row, edges) / counts for row in rows]).astype(np.float32)
