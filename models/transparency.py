"""What alpha does to colours: hidden ones out of a denoiser's way and back, others laid on white or divided by it."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from models.pixels import FloatImage, Mask, Samples

BLOCK = 512
"""The side of the squares, in pixels, that are filled at a time: it bounds the memory."""
STRIP_PIXELS = 2**16
NOWHERE = 2**13
"""A position far from any in a block; differences of two fit into int16."""

Offsets = npt.NDArray[np.int16]
Places = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]
"""The rows and the columns of some pixels."""
Rectangle = tuple[slice, slice]


def fill_hidden(pixels: Samples, alpha: Samples, reach: int) -> Samples:
    """Return `pixels` (H, W, C) with visible colours reflected into the hidden ones, where `alpha` (H, W) is 0.

    Hidden colours are arbitrary, often black: a denoiser would smear them into the visible edge, and keep the noise
    beside so strong a contrast. A smooth fill helps little, for it lacks the noise. So a picture goes on beyond its
    visible edge as it does beyond its border in models.tiles. A hidden pixel takes its reflection in the nearest
    visible pixel of its row or column; where there is none, in the nearest one so filled. Any visible pixel counts,
    however faint: its colour is one that the picture means.

    uint8 or uint16: a copy, or `pixels` themselves where none is hidden or all are. `reach` is how far colours are
    carried both ways, in pixels: the network's halo, as it sees no farther; what lies beyond twice of it stays as it
    is. Takes 2 bytes a pixel beside the copy, and up to 20 MB.
    """
    known = alpha > 0
    if known.all() or not known.any():
        return pixels
    filled = pixels.copy()
    known = _reflect(filled, known, reach)
    _reflect(filled, known, reach)
    return filled


def restore_hidden(clean: Samples, original: Samples, alpha: Samples) -> None:
    """Put the colours of `original` (H, W, C) back into `clean`, in place, where `alpha` (H, W) is 0."""
    np.copyto(clean, original, where=(alpha == 0)[..., None])


def on_white(pixels: Samples, alpha: Samples) -> Samples:
    """Return `pixels` (H, W, C) over white by `alpha` (H, W), both uint8 or both uint16, rounded to the nearest."""
    top = np.uint64(np.iinfo(pixels.dtype).max)
    result = np.empty_like(pixels)
    for strip in _strips(pixels):
        weight = alpha[strip, :, None].astype(np.uint64)
        result[strip] = (pixels[strip] * weight + top * (top - weight) + top // np.uint64(2)) // top
    return result


def is_opaque(alpha: Samples) -> bool:
    """Tell whether nothing shines through `alpha` (H, W)."""
    return bool(alpha.min() == np.iinfo(alpha.dtype).max)


def laid_on(plane: FloatImage, weight: FloatImage, background: float, *, premultiplied: bool) -> FloatImage:
    """Return one channel (H, W) over `background` by its `weight`, alpha (H, W): float32, all in 0-1.

    `premultiplied` values are multiplied with alpha already.
    """
    own = plane if premultiplied else plane * weight
    return np.asarray(own + np.float32(background) * (np.float32(1.0) - weight), dtype=np.float32)


def undo_premultiplied(pixels: Samples, alpha: Samples) -> Samples:
    """Return premultiplied `pixels` (H, W, C) divided by `alpha` (H, W), rounded; black where that is 0."""
    top = np.uint64(np.iinfo(pixels.dtype).max)
    result = np.empty_like(pixels)
    for strip in _strips(pixels):
        divisor = np.maximum(alpha[strip, :, None], 1).astype(np.uint64)
        whole = (pixels[strip].astype(np.uint64) * top + divisor // np.uint64(2)) // divisor
        result[strip] = np.where(alpha[strip, :, None] == 0, 0, np.minimum(whole, top))
    return result


def _strips(pixels: Samples) -> Iterator[slice]:
    """Yield rows, few enough that wider integers of them are nothing to be careful about."""
    rows = max(1, STRIP_PIXELS // pixels.shape[1])
    for top in range(0, len(pixels), rows):
        yield slice(top, top + rows)


def _reflect(filled: Samples, known: Mask, reach: int) -> Mask:
    """Fill what is within `reach` of a known pixel of its row or column, in place; return what is known now."""
    known_now = known.copy()
    for window, core in _blocks(known.shape[0], known.shape[1], margin=2 * reach):
        seen = known[window]
        if seen[core].all() or not seen.any():
            continue
        targets, sources = _reflections(seen, core, reach)
        part = filled[window]
        part[targets] = part[sources]
        known_now[window][targets] = True
    return known_now


def _blocks(height: int, width: int, margin: int) -> Iterator[tuple[Rectangle, Rectangle]]:
    """Yield each block with a margin around it, within the picture, and where in that the block is."""
    for top in range(0, height, BLOCK):
        for left in range(0, width, BLOCK):
            first, start = max(top - margin, 0), max(left - margin, 0)
            window = slice(first, top + BLOCK + margin), slice(start, left + BLOCK + margin)
            yield window, (slice(top - first, top - first + BLOCK), slice(left - start, left - start + BLOCK))


def _reflections(known: Mask, core: Rectangle, reach: int) -> tuple[Places, Places]:
    """Return the pixels of `core` that can be filled, and those whose colours they take.

    These are the reflections in the nearest known pixels or, where a reflection is unknown or outside, the nearest.
    """
    down, right = _to_nearest(known, 0)[core], _to_nearest(known, 1)[core]
    upright = np.abs(down) <= np.abs(right)
    offsets = np.where(upright, down, right)
    rows, columns = np.nonzero(~known[core] & (np.abs(offsets) <= reach))
    steps = offsets[rows, columns].astype(np.intp)
    down_steps = np.where(upright[rows, columns], steps, 0)
    rows += core[0].start
    columns += core[1].start
    nearest = rows + down_steps, columns + steps - down_steps
    mirrored = 2 * nearest[0] - rows, 2 * nearest[1] - columns
    usable = _known_at(known, mirrored)
    return (rows, columns), (np.where(usable, mirrored[0], nearest[0]), np.where(usable, mirrored[1], nearest[1]))


def _known_at(known: Mask, places: Places) -> Mask:
    """Return whether each place is known: none outside is."""
    rows, columns = places
    height, width = known.shape
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    return np.asarray(inside & known[rows.clip(0, height - 1), columns.clip(0, width - 1)])


def _to_nearest(known: Mask, axis: int) -> Offsets:
    """Return how far each pixel is from the nearest known one along `axis`: negative if that comes before, 0 there."""
    position = np.arange(known.shape[axis], dtype=np.int16)
    if axis == 0:
        position = position[:, None]
    before = np.maximum.accumulate(np.where(known, position, np.int16(-NOWHERE)), axis=axis)
    backwards = np.flip(np.where(known, position, np.int16(NOWHERE)), axis)
    behind = np.flip(np.minimum.accumulate(backwards, axis=axis), axis)
    return np.where(position - before <= behind - position, before - position, behind - position)
