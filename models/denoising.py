"""A picture through a denoiser: tiles to network inputs, outputs back to pixels. Shared by service and evaluation."""

from collections.abc import Callable, Mapping
from typing import overload

import numpy as np

from models.card import Input
from models.ensemble import in_all_turns
from models.masks import Hidden
from models.noise_map import Level, NoiseMap
from models.pixels import LEVELS, ByteImage, FloatImage, Pixels, Samples, WordImage, to_bytes, to_float, to_samples
from models.tiles import Grid, Shape, Tile, cut, kept, stitch

Feed = Mapping[str, FloatImage]
"""Network inputs by name: `image` (N, H, W, C) 0-1 and, where the model takes them, `sigma` (N, H, W, 1) 0-1 and `mask`
(N, H, W, 1), which is 1 where a pixel is hidden, its `image` then 0, and 0 elsewhere."""

Run = Callable[[Feed], FloatImage]
"""A loaded model: inputs to the denoised `image`."""


class Denoising:
    """A picture on its way through a denoiser, in units: pictures of one shape, each a tile, that a network takes.

    `pixels` is (H, W, 1 or 3), uint8, uint16 or float32 in 0-1 (noise may reach beyond). `sigma` is the noise level on
    the 0-255 scale at any depth, one for all or a map of them, None for a model without that input. A gray picture is
    repeated for a colour network; a gray network gets the colours as units of their own. `clean` is the result once
    every unit is accepted: uint16 for uint16 `pixels`, else uint8. Only the units between `feed` and `accept` are held
    in floats. Units may be fed and accepted in any order. For an ensemble, see models.ensemble, units are `turnable`.

    `mask` tells which pixels are hidden, None for a model without that input. The network does not see those of a given
    mask; the others are in `clean` as they were, to the bit, and tiles that keep no hidden pixel are no units.
    """

    def __init__(
        self,
        pixels: Pixels,
        spec: Input,
        *,
        tile: int,
        sigma: Level | None = None,
        mask: Hidden | None = None,
        turnable: bool = False,
    ) -> None:
        grid = Grid(pixels.shape[0], pixels.shape[1], tile, spec.halo, spec.multiple, turnable)
        apart = spec.channels == 1 and pixels.shape[2] == 3
        self.shape: Shape = grid.shape
        self._hidden = None if mask is None or isinstance(mask, str) else mask.view(np.uint8)[..., None]
        self._takes_mask = mask is not None
        self.clean: Samples = np.empty(pixels.shape, dtype=np.uint16 if pixels.dtype == np.uint16 else np.uint8)
        if self._hidden is not None:
            self.clean[...] = to_bytes(to_float(pixels)) if pixels.dtype == np.float32 else pixels
        self._pixels, self._channels, self._sigma = pixels, spec.channels, sigma
        self._planes = [slice(index, index + 1) for index in range(3)] if apart else [slice(None)]
        self._tiles: list[Tile] = [each for each in grid if self._hidden is None or kept(self._hidden, each).any()]

    @property
    def count(self) -> int:
        """The number of units."""
        return len(self._tiles) * len(self._planes)

    def feed(self, unit: int) -> Feed:
        """Return the inputs of one unit, each (H, W, C) float32, without the batch axis."""
        tile, plane = self._unit(unit)
        image = to_float(cut(self._pixels[..., plane], tile))
        if image.shape[2] != self._channels:
            image = np.repeat(image, self._channels, axis=2)
        feed = {"image": image}
        if self._sigma is not None:
            feed["sigma"] = self._level_at(tile, self._sigma)
        if self._takes_mask:
            feed["mask"] = self._mask_at(tile)
            feed["image"] = image * (1 - feed["mask"])
        return feed

    def accept(self, unit: int, values: FloatImage) -> None:
        """Take the network's output for one unit, (H, W, C) float32, into `clean`."""
        tile, plane = self._unit(unit)
        target = self.clean[..., plane]
        if values.shape[2] != target.shape[2]:
            values = values.mean(axis=2, keepdims=True)
        samples = to_samples(values, target.dtype)
        if self._hidden is not None:
            samples = np.where(cut(self._hidden, tile), samples, cut(target, tile))
        stitch(target, tile, samples)

    def _level_at(self, tile: Tile, sigma: Level) -> FloatImage:
        if isinstance(sigma, NoiseMap):
            return sigma.at(tile)
        return np.full((*self.shape, 1), sigma / LEVELS, dtype=np.float32)

    def _mask_at(self, tile: Tile) -> FloatImage:
        if self._hidden is None:
            return np.zeros((*self.shape, 1), np.float32)
        return cut(self._hidden, tile).astype(np.float32)

    def _unit(self, unit: int) -> tuple[Tile, slice]:
        index, plane = divmod(unit, len(self._planes))
        return self._tiles[index], self._planes[plane]


@overload
def denoise(
    pixels: ByteImage | FloatImage,
    run: Run,
    spec: Input,
    *,
    tile: int,
    sigma: Level | None = None,
    mask: Hidden | None = None,
    ensemble: bool = False,
) -> ByteImage: ...


@overload
def denoise(
    pixels: WordImage,
    run: Run,
    spec: Input,
    *,
    tile: int,
    sigma: Level | None = None,
    mask: Hidden | None = None,
    ensemble: bool = False,
) -> WordImage: ...


def denoise(
    pixels: Pixels,
    run: Run,
    spec: Input,
    *,
    tile: int,
    sigma: Level | None = None,
    mask: Hidden | None = None,
    ensemble: bool = False,
) -> Samples:
    """Return `pixels` denoised, of the same shape, one unit after the other; see `Denoising`.

    With `ensemble`, it is the mean of the results for the eight flips and rotations; see models.ensemble.
    """
    work = Denoising(pixels, spec, tile=tile, sigma=sigma, mask=mask, turnable=ensemble)
    for part in in_all_turns(work) if ensemble else [work]:
        for unit in range(part.count):
            values = run({name: value[None] for name, value in part.feed(unit).items()})
            part.accept(unit, values[0])
    return work.clean
