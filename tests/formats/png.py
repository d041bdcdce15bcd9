"""PNG: every colour type and depth, written by hand."""

import struct
import zlib
from collections.abc import Iterator

import numpy as np

from app.codecs.picture import Frame
from app.codecs.png import write_png
from tests.formats.arrays import (
    BY_CHANNELS,
    GRAY,
    GRAY_ALPHA,
    HEIGHT,
    RGB,
    RGB_ALPHA,
    RGB_MASK,
    TIMES,
    WIDTH,
    Samples,
    deep,
    frames,
    full_range,
    packed,
    quantized,
)
from tests.formats.case import DPI, Case, described, exif, image_of, known, profile_for, refused
from tests.fuzz.containers import ADAM7, ONE_PASS, PNG_SIGNATURE, ihdr, png_chunk

PNG = "PNG"
_GRAY, _RGB, _PALETTE, _GRAY_ALPHA, _RGB_ALPHA = 0, 2, 3, 4, 6
_CHANNELS = {_GRAY: 1, _RGB: 3, _GRAY_ALPHA: 2, _RGB_ALPHA: 4}
_NAMES = {_GRAY: "gray", _RGB: "RGB", _GRAY_ALPHA: "gray + alpha", _RGB_ALPHA: "RGBA"}


def cases() -> Iterator[Case]:
    for interlaced in (False, True):
        yield from _plain(interlaced)
        yield from _palettes(interlaced)
    yield from _transparent_colours()
    yield from _animations()


def png(
    numbers: Samples, depth: int, colour: int, *, interlaced: bool = False, early: bytes = b"", late: bytes = b""
) -> bytes:
    """Return a PNG of samples (H, W, channels); chunks are `early` before the palette's place, or `late`."""
    rows = b"".join(
        _filtered(numbers[row::down, column::across], depth)
        for column, row, across, down in (ADAM7 if interlaced else ONE_PASS)
    )
    height, width, _ = numbers.shape
    head = ihdr(width, height, depth, colour, interlaced)
    return b"".join([PNG_SIGNATURE, head, early, late, png_chunk(b"IDAT", zlib.compress(rows)), png_chunk(b"IEND")])


def icc_chunk(profile: bytes) -> bytes:
    return png_chunk(b"iCCP", b"profile\0\0" + zlib.compress(profile))


def resolution_chunk(across: float, down: float) -> bytes:
    """Return dots an inch, which PNG counts by the metre."""
    return png_chunk(b"pHYs", struct.pack(">IIB", round(across / 0.0254), round(down / 0.0254), 1))


def exif_chunk(written: bytes) -> bytes:
    return png_chunk(b"eXIf", written.removeprefix(b"Exif\0\0"))


def described_png(
    numbers: Samples, depth: int, colour: int, *, interlaced: bool = False, palette: bytes = b""
) -> bytes:
    """Return a PNG with a profile, a resolution and EXIF; `palette` holds the chunks of one."""
    early = icc_chunk(profile_for(3 if palette else numbers.shape[2]))
    late = palette + resolution_chunk(*DPI) + exif_chunk(exif().tobytes())
    return png(numbers, depth, colour, interlaced=interlaced, early=early, late=late)


def _filtered(numbers: Samples, depth: int) -> bytes:
    """Return rows without a filter, the first bit first."""
    return np.pad(packed(numbers, depth), ((0, 0), (1, 0))).tobytes()


def _numbers(colour: int, depth: int) -> Samples:
    samples = BY_CHANNELS[_CHANNELS[colour]]
    return deep(samples) if depth == 16 else samples >> (8 - depth)


def _plain(interlaced: bool) -> Iterator[Case]:
    for colour, depths in {_GRAY: (1, 2, 4, 8, 16), _RGB: (8, 16), _GRAY_ALPHA: (8, 16), _RGB_ALPHA: (8, 16)}.items():
        for depth in depths:
            numbers = _numbers(colour, depth)
            name = _name(f"{_NAMES[colour]}, {_bits(depth)}", interlaced)
            file = described_png(numbers, depth, colour, interlaced=interlaced)
            yield known(PNG, name, file, full_range(numbers, depth), bits=depth)


def _palettes(interlaced: bool) -> Iterator[Case]:
    for depth in (1, 2, 4, 8):
        numbers, colours = quantized(2**depth)
        chunk = png_chunk(b"PLTE", colours.tobytes())
        file = described_png(numbers, depth, _PALETTE, interlaced=interlaced, palette=chunk)
        name = _name(f"palette, {_bits(depth)}", interlaced)
        yield known(PNG, name, file, colours[numbers[..., 0]], bits=depth, stored="palette")


def _transparent_colours() -> Iterator[Case]:
    """Yield those whose `tRNS` chunk says what is transparent: one gray or colour, or the palette's entries in part."""
    for depth in (1, 2, 4, 8, 16):
        numbers = _numbers(_GRAY, depth)
        yield _with_hidden(numbers, depth, _GRAY)
    for depth in (8, 16):
        yield _with_hidden(_numbers(_RGB, depth), depth, _RGB)
    numbers, colours = quantized(256)
    alphas = np.arange(256, dtype=np.uint8)
    chunks = png_chunk(b"PLTE", colours.tobytes()) + png_chunk(b"tRNS", alphas.tobytes())
    file = described_png(numbers, 8, _PALETTE, palette=chunks)
    shown = np.dstack([colours[numbers[..., 0]], alphas[numbers[..., 0]]])
    yield known(PNG, "palette with alpha, 8 bits", file, shown, stored="palette")


def _with_hidden(numbers: Samples, depth: int, colour: int) -> Case:
    hidden = numbers[HEIGHT // 2, WIDTH // 2]
    chunk = png_chunk(b"tRNS", hidden.astype(">u2").tobytes())
    seen = full_range(numbers, depth)
    alpha = np.where((numbers == hidden).all(axis=2), 0, np.iinfo(seen.dtype).max).astype(seen.dtype)
    name = f"{_NAMES[colour]} with a transparent one, {_bits(depth)}"
    file = png(numbers, depth, colour, early=icc_chunk(profile_for(numbers.shape[2])), late=chunk)
    return known(PNG, name, file, np.dstack([seen, alpha]), bits=depth, stored="transparent colour")


def _animations() -> Iterator[Case]:
    for name, samples in {"gray": GRAY, "gray + alpha": GRAY_ALPHA, "RGB": RGB, "RGBA": RGB_ALPHA}.items():
        shown = frames(samples)
        file = _animated(shown, loop=3)
        yield known(PNG, f"animated, {name}, 8 bits", file, *shown, times=TIMES, loop=3)
    still = _animated(frames(RGB), default_image=True, duration=list(TIMES[1:]))
    yield known(PNG, "animated, RGB, with a still beside", still, *frames(RGB)[1:], times=TIMES[1:], loop=0)
    yield _blended_case("transparent", RGB_MASK)
    yield _blended_case("half-transparent", RGB_ALPHA)
    sixteen = write_png([Frame(deep(RGB), None, time) for time in TIMES])
    yield refused(PNG, "animated, RGB, 16 bits", sixteen, "unsupported_image")


def _animated(shown: tuple[Samples, ...], **options: object) -> bytes:
    others = [image_of(each) for each in shown[1:]]
    defaults = {"save_all": True, "append_images": others, "duration": list(TIMES), "loop": 0}
    return described(shown[0], "PNG", **defaults | options)


def _blended_case(name: str, samples: Samples) -> Case:
    file, shown = _blended(samples), _laid_over(samples)
    return known(PNG, f"animated, RGBA, {name} parts laid over", file, *shown, times=TIMES, loop=0)


def _blended(samples: Samples) -> bytes:
    """Return an animation whose second frame is laid over a part of the first, and whose third replaces a part."""
    parts = [(samples, 0, 0, 0), (samples[:20, :30], 20, 7, 1), (samples[9:30, 20:], 11, 3, 0)]
    chunks = [ihdr(WIDTH, HEIGHT, 8, _RGB_ALPHA), png_chunk(b"acTL", struct.pack(">II", len(parts), 0))]
    for index, ((part, left, top, blend), time) in enumerate(zip(parts, TIMES, strict=True)):
        number, (height, width, _) = max(0, 2 * index - 1), part.shape
        control = struct.pack(">5IHHBB", number, width, height, left, top, time, 1000, 0, blend)
        data = zlib.compress(_filtered(part, 8))
        shown = png_chunk(b"fdAT", struct.pack(">I", number + 1) + data) if index else png_chunk(b"IDAT", data)
        chunks += [png_chunk(b"fcTL", control), shown]
    return b"".join([PNG_SIGNATURE, *chunks, png_chunk(b"IEND")])


def _laid_over(samples: Samples) -> tuple[Samples, Samples, Samples]:
    """Return the frames of `_blended` as PNG's section 11.3.4.2 has them."""
    second = samples.copy()
    second[7:27, 20:50] = _over(samples[:20, :30], samples[7:27, 20:50])
    third = second.copy()
    third[3:24, 11:44] = samples[9:30, 20:]
    return samples, second, third


def _over(above: Samples, below: Samples) -> Samples:
    upper, lower = above[..., 3:] / 255, below[..., 3:] / 255 * (1 - above[..., 3:] / 255)
    alpha = upper + lower
    colours = (above[..., :3] * upper + below[..., :3] * lower) / np.maximum(alpha, 1e-9)
    return np.rint(np.dstack([colours, alpha * 255])).astype(np.uint8)


def _name(kind: str, interlaced: bool) -> str:
    return f"{kind}, interlaced" if interlaced else kind


def _bits(depth: int) -> str:
    return f"{depth} bit" if depth == 1 else f"{depth} bits"
