"""GIF: stills and animations, with what a frame leaves behind for the next (GIF89a, section 23)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tests.formats.arrays import GRAY, HEIGHT, MASK, TIMES, WIDTH, Samples, frames, quantized
from tests.formats.case import Case, known
from tests.fuzz.containers import gif_blocks

GIF = "GIF"
_HIDDEN = 255
_NOT_SAID, _LEFT, _CLEARED, _RESTORED = range(4)
_DISPOSALS = {_NOT_SAID: "not said", _LEFT: "left", _CLEARED: "cleared", _RESTORED: "restored"}
_LOOP = 3


@dataclass(frozen=True)
class Part:
    """A frame: numbers (H, W, 1) of the palette, where they are, and what becomes of them."""

    numbers: Samples
    left: int = 0
    top: int = 0
    disposal: int = _LEFT
    hidden: int | None = None


def cases() -> Iterator[Case]:
    yield from _stills()
    yield from _animations()


def gif(palette: Samples, *parts: Part, loop: int | None = _LOOP, interlaced: bool = False) -> bytes:
    """Return a GIF with one palette (256, 3); of one part, it is a still."""
    head = b"GIF89a" + struct.pack("<HHBBB", WIDTH, HEIGHT, 0xF7, 0, 0) + palette.tobytes()
    if loop is not None and len(parts) > 1:
        head += b"\x21\xff\x0bNETSCAPE2.0" + gif_blocks(struct.pack("<BH", 1, loop))
    blocks = (_block(part, time, interlaced) for part, time in zip(parts, TIMES, strict=False))
    return head + b"".join(blocks) + b";"


def _block(part: Part, milliseconds: int, interlaced: bool) -> bytes:
    flags = part.disposal << 2 | (part.hidden is not None)
    control = b"\x21\xf9\x04" + struct.pack("<BHBB", flags, milliseconds // 10, part.hidden or 0, 0)
    height, width, _ = part.numbers.shape
    descriptor = b"," + struct.pack("<HHHHB", part.left, part.top, width, height, 0x40 * interlaced)
    rows = [*range(0, height, 8), *range(4, height, 8), *range(2, height, 4), *range(1, height, 2)]
    stored = part.numbers[rows] if interlaced else part.numbers
    return control + descriptor + b"\x08" + gif_blocks(_plain_lzw(stored.tobytes()))


def _plain_lzw(numbers: bytes) -> bytes:
    """Return LZW data of 256 colours that never compress: codes of 9 bits, cleared before they would grow."""
    clear, end = 256, 257
    codes = [clear]
    for start in range(0, len(numbers), clear - 2):
        codes += [*numbers[start : start + clear - 2], clear]
    bits = "".join(f"{code:09b}"[::-1] for code in [*codes, end])
    return int(bits[::-1], 2).to_bytes((len(bits) + 7) // 8, "little")


def few_colours() -> tuple[Samples, Samples]:
    """Return numbers below 255, which is left for what is hidden, and their palette."""
    numbers, palette = quantized(_HIDDEN)
    return numbers, np.vstack([palette, np.zeros((1, 3), np.uint8)])


def _stills() -> Iterator[Case]:
    numbers, palette = quantized(256)
    shown = palette[numbers[..., 0]]
    yield known(GIF, "256 colours", gif(palette, Part(numbers)), shown)
    yield known(GIF, "256 colours, interlaced", gif(palette, Part(numbers), interlaced=True), shown)
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    yield known(GIF, "gray", gif(ramp, Part(GRAY)), GRAY)
    hidden, palette = _masked(*few_colours())
    yield known(GIF, "transparent", gif(palette, Part(hidden, hidden=_HIDDEN)), _rgba(hidden, palette))


def _animations() -> Iterator[Case]:
    numbers, palette = few_colours()
    for disposal, name in _DISPOSALS.items():
        parts = [Part(each, disposal=disposal) for each in frames(numbers)]
        shown = [palette[each[..., 0]] for each in frames(numbers)]
        yield known(GIF, f"animated, frames {name}", gif(palette, *parts), *shown, times=TIMES, loop=_LOOP)
    hidden, _ = _masked(numbers, palette)
    parts = [Part(each, disposal=_CLEARED, hidden=_HIDDEN) for each in frames(hidden)]
    shown = [_rgba(each, palette) for each in frames(hidden)]
    yield known(GIF, "animated, transparent", gif(palette, *parts), *shown, times=TIMES, loop=_LOOP)
    for disposal in (_LEFT, _RESTORED):
        file, shown = _changed_in_part(numbers, palette, disposal)
        name = f"animated, parts laid over and {_DISPOSALS[disposal]}"
        yield known(GIF, name, file, *shown, times=TIMES, loop=_LOOP)
    once = gif(palette, *(Part(each) for each in frames(numbers)), loop=None)
    yield known(GIF, "animated, shown once", once, *(palette[each[..., 0]] for each in frames(numbers)), times=TIMES)


def _masked(numbers: Samples, palette: Samples) -> tuple[Samples, Samples]:
    return np.where(MASK > 0, numbers, _HIDDEN).astype(np.uint8), palette


def _rgba(numbers: Samples, palette: Samples) -> Samples:
    return np.dstack([palette[numbers[..., 0]], np.where(numbers == _HIDDEN, 0, 255).astype(np.uint8)])


def _changed_in_part(numbers: Samples, palette: Samples, disposal: int) -> tuple[bytes, list[Samples]]:
    """Return a GIF whose later frames are small and in part transparent, and what is seen of it."""
    small = numbers[20:30, 5:30].copy()
    small[::2, ::3] = _HIDDEN
    second = Part(small, left=9, top=4, disposal=disposal, hidden=_HIDDEN)
    third = Part(small[::-1], left=20, top=11, hidden=_HIDDEN)
    after_second = _laid_over(numbers, second)
    below_third = after_second if disposal == _LEFT else numbers
    seen = [numbers, after_second, _laid_over(below_third, third)]
    return gif(palette, Part(numbers), second, third), [palette[each[..., 0]] for each in seen]


def _laid_over(below: Samples, part: Part) -> Samples:
    result = below.copy()
    height, width, _ = part.numbers.shape
    region = result[part.top : part.top + height, part.left : part.left + width]
    region[...] = np.where(part.numbers == _HIDDEN, region, part.numbers)
    return result
