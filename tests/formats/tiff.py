"""TIFF: every depth, kind of colours, layout and compression."""

import io
from collections.abc import Iterator

import numpy as np
import tifffile
from PIL import Image
from tifffile import PHOTOMETRIC

from tests.formats.arrays import (
    ALPHA,
    BY_CHANNELS,
    GRAY,
    GRAY_ALPHA,
    HEIGHT,
    RGB,
    RGB_ALPHA,
    WIDTH,
    Samples,
    cmyk,
    deep,
    frames,
    full_range,
    packed,
    quantized,
    rgb_of_inks,
)
from tests.formats.case import DPI, TIFF_TEXTS, Case, known, profile_for, refused, saved
from tests.formats.profiles import cmyk_profile, in_srgb
from tests.fuzz.containers import LONG, SHORT, Tag, grayscale_tags, tiff

TIFF = "TIFF"
_ASCII = 2
_CMYK_DB = 45.0
"""Two ways of rounding on the way from ink to light."""
_TEXTS = [(int(tag), _ASCII, None, text, True) for tag, text in TIFF_TEXTS.items()]
_NAMES = {1: "gray", 2: "gray + alpha", 3: "RGB", 4: "RGBA"}


def cases() -> Iterator[Case]:
    for channels, name in _NAMES.items():
        for samples in (BY_CHANNELS[channels], deep(BY_CHANNELS[channels])):
            bits = 8 * samples.itemsize
            yield known(TIFF, f"{name}, {bits} bits", tiff_of(samples), samples)
    yield from _few_bits()
    yield from _other_colours()
    yield from _premultiplied()
    yield from _layouts()
    yield from _compressions()
    yield from _pages()
    yield from _unread()


def tiff_of(
    *pages: Samples, described: bool = True, bigtiff: bool = False, order: str = "<", **options: object
) -> bytes:
    """Return a TIFF by tifffile with a profile, a resolution and EXIF's texts, unless it shall say nothing."""
    target = io.BytesIO()
    with tifffile.TiffWriter(target, bigtiff=bigtiff, byteorder=order) as writer:
        for page in pages:
            writer.write(_squeezed(page), **_defaults(page, described) | options)
    return target.getvalue()


def _defaults(page: Samples, described: bool) -> dict[str, object]:
    channels = page.shape[-1]
    notes = {
        "iccprofile": profile_for(channels), "resolution": DPI, "resolutionunit": "INCH", "extratags": _TEXTS,
    } if described else {"resolutionunit": "NONE"}  # fmt: skip
    return {
        "photometric": "rgb" if channels > 2 else "minisblack",
        "extrasamples": ["unassalpha"] if channels in (2, 4) else None,
        "planarconfig": "contig" if channels > 1 else None,
        "metadata": None,
        "software": False,
        "contiguous": False,
    } | notes


def _squeezed(page: Samples) -> Samples:
    return page[..., 0] if page.shape[-1] == 1 else page


def _few_bits() -> Iterator[Case]:
    for bits in (1, 2, 4):
        numbers = GRAY >> (8 - bits)
        file = _packed(numbers, bits)
        yield known(TIFF, f"gray, {bits} {'bit' if bits == 1 else 'bits'}", file, full_range(numbers, bits), bits=bits)
    numbers = GRAY_ALPHA >> 4
    yield known(TIFF, "gray + alpha, 4 bits", _packed(numbers, 4), full_range(numbers, 4), bits=4)
    white = np.invert(full_range(GRAY >> 7, 1))
    yield known(TIFF, "gray, 1 bit, white is zero", _packed(GRAY >> 7, 1, photometric=0), white, bits=1)
    last_first = _packed(GRAY >> 7, 1, fill_order=2)
    yield known(TIFF, "gray, 1 bit, the last bit first", last_first, full_range(GRAY >> 7, 1), bits=1)
    numbers, colours = quantized(16)
    shown = colours[numbers[..., 0]]
    file = _packed(numbers, 4, photometric=3, palette=colours)
    yield known(TIFF, "palette, 4 bits", file, shown, bits=4, stored="palette")


def _packed(
    numbers: Samples, bits: int, *, photometric: int = 1, fill_order: int = 1, palette: Samples | None = None
) -> bytes:
    """Return what tifffile does not write: several samples in a byte."""
    data = packed(numbers, bits, last_bit_first=fill_order == 2).tobytes()
    tags = grayscale_tags(WIDTH, HEIGHT, bits=bits) | {262: Tag(SHORT, [photometric]), 266: Tag(SHORT, [fill_order])}
    channels = numbers.shape[2]
    if channels > 1:
        tags |= {258: Tag(SHORT, [bits] * channels), 277: Tag(SHORT, [channels]), 338: Tag(SHORT, [2])}
        tags[279] = Tag(LONG, [len(data)])
    if palette is not None:
        tags[320] = Tag(SHORT, (palette.T.astype(int) * 257).reshape(-1).tolist())
    return tiff([tags], data)


def _other_colours() -> Iterator[Case]:
    for samples in (GRAY, deep(GRAY)):
        file = tiff_of(samples, photometric="miniswhite")
        yield known(TIFF, f"gray, {8 * samples.itemsize} bits, white is zero", file, np.invert(samples))
    numbers, colours = quantized(256)
    file = tiff_of(
        numbers, photometric="palette", colormap=colours.T.astype(np.uint16) * 257, iccprofile=profile_for(3)
    )
    yield known(TIFF, "palette, 8 bits", file, colours[numbers[..., 0]], stored="palette")
    for samples in (cmyk(), deep(cmyk())):
        bits = 8 * samples.itemsize
        plain = tiff_of(samples, photometric="separated", extrasamples=None, iccprofile=None)
        shown = rgb_of_inks(samples)
        yield known(TIFF, f"CMYK, {bits} bits", plain, shown, bits=bits, stored="CMYK", expected=_CMYK_DB)
        profiled = tiff_of(samples, photometric="separated", extrasamples=None, iccprofile=cmyk_profile())
        inks = np.rint(samples / (257 if bits == 16 else 1)).astype(np.uint8)
        shown = in_srgb(inks, cmyk_profile())
        yield known(
            TIFF, f"CMYK with a profile, {bits} bits", profiled, shown, bits=bits, stored="CMYK", expected=_CMYK_DB
        )
    for inks, alpha in ((cmyk(), ALPHA), (deep(cmyk()), deep(ALPHA))):
        bits = 8 * inks.itemsize
        file = tiff_of(np.dstack([inks, alpha]), photometric="separated", extrasamples=["unassalpha"], iccprofile=None)
        shown = np.dstack([rgb_of_inks(inks), np.rint(alpha / (257 if bits == 16 else 1)).astype(np.uint8)])
        yield known(TIFF, f"CMYK + alpha, {bits} bits", file, shown, bits=bits, stored="CMYK", expected=_CMYK_DB)


def _premultiplied() -> Iterator[Case]:
    for name, samples in {"RGBA": RGB_ALPHA, "gray + alpha": GRAY_ALPHA}.items():
        colours = np.rint(samples[..., :-1] * (samples[..., -1:] / 255)).astype(np.uint8)
        multiplied = np.dstack([colours, samples[..., -1:]])
        for stored in (multiplied, deep_premultiplied(multiplied)):
            bits = 8 * stored.itemsize
            file = tiff_of(stored, extrasamples=["assocalpha"])
            yield known(TIFF, f"{name}, {bits} bits, premultiplied", file, stored, premultiplied=True)


def deep_premultiplied(multiplied: Samples) -> Samples:
    """Return premultiplied samples with 16 bits, none above its alpha."""
    return np.minimum(deep(multiplied), deep(multiplied)[..., -1:])


def _layouts() -> Iterator[Case]:
    planes = np.ascontiguousarray(RGB.transpose(2, 0, 1))
    separate: dict[str, object] = {"planarconfig": "separate", "photometric": "rgb", "iccprofile": profile_for(3)}
    separate |= {"extrasamples": None}
    yield known(TIFF, "RGB, 8 bits, planes", tiff_of(planes, **separate), RGB)
    yield known(TIFF, "RGB, 16 bits, planes", tiff_of(deep(RGB).transpose(2, 0, 1), **separate), deep(RGB))
    yield known(TIFF, "RGB, 8 bits, tiles", tiff_of(RGB, tile=(16, 16)), RGB)
    yield known(TIFF, "RGB, 16 bits, tiles", tiff_of(deep(RGB), tile=(16, 32)), deep(RGB))
    yield known(TIFF, "RGB, 8 bits, strips", tiff_of(RGB, rowsperstrip=5), RGB)
    yield known(TIFF, "RGB, 16 bits, big-endian", tiff_of(deep(RGB), order=">"), deep(RGB))
    yield known(TIFF, "RGB, 16 bits, BigTIFF", tiff_of(deep(RGB), bigtiff=True), deep(RGB))
    centimetres = tiff_of(RGB, resolution=(100, 50), resolutionunit="CENTIMETER")
    yield known(TIFF, "RGB, 8 bits, resolution by the centimetre", centimetres, RGB)


def _compressions() -> Iterator[Case]:
    for samples in (RGB, deep(RGB)):
        bits = 8 * samples.itemsize
        for compression in ("lzw", "deflate", "packbits", "zstd", "lzma"):
            yield known(TIFF, f"RGB, {bits} bits, {compression}", tiff_of(samples, compression=compression), samples)
        for compression in ("lzw", "deflate"):
            file = tiff_of(samples, compression=compression, predictor=True)
            yield known(TIFF, f"RGB, {bits} bits, {compression} and predictor", file, samples)
    bilevel = Image.fromarray(full_range(GRAY >> 7, 1)[..., 0]).convert("1")
    for compression in ("group3", "group4"):
        file = saved(bilevel, "TIFF", compression=compression, dpi=DPI)
        yield known(TIFF, f"gray, 1 bit, {compression}", file, full_range(GRAY >> 7, 1), bits=1)
    jpeg = tiff_of(RGB, compression="jpeg", compressionargs={"level": 95})
    shown = tifffile.imread(io.BytesIO(jpeg))
    yield known(TIFF, "RGB, 8 bits, jpeg", jpeg, shown)
    gray = tiff_of(GRAY, compression="jpeg", compressionargs={"level": 95})
    yield known(TIFF, "gray, 8 bits, jpeg", gray, tifffile.imread(io.BytesIO(gray))[..., None])


def _pages() -> Iterator[Case]:
    pages = (RGB, deep(GRAY)[:20, :31], RGB_ALPHA[5:30, 10:])
    yield known(TIFF, "pages of different sizes, kinds and depths", tiff_of(*pages, iccprofile=None), *pages)
    yield known(TIFF, "pages alike", tiff_of(*frames(deep(RGB))), *frames(deep(RGB)))
    own = (RGB, GRAY)
    yield known(TIFF, "pages with profiles of their own", tiff_of(*own), *own)
    yield known(TIFF, "a page and its reduced copy", _with_copy(), RGB)


def _with_copy() -> bytes:
    target = io.BytesIO()
    with tifffile.TiffWriter(target) as writer:
        writer.write(RGB, **_defaults(RGB, described=True))
        writer.write(RGB[::2, ::2], subfiletype=1, **_defaults(RGB, described=True))
    return target.getvalue()


def _unread() -> Iterator[Case]:
    kinds: dict[str, tuple[Samples, dict[str, object]]] = {
        "gray, float of 32 bits": (GRAY.astype(np.float32) / 255, {}),
        "gray, float of 16 bits": (GRAY.astype(np.float16) / 255, {}),
        "gray, signed, 16 bits": (GRAY.astype(np.int16), {}),
        "gray, 32 bits": (GRAY.astype(np.uint32), {}),
        "RGB, 32 bits": (RGB.astype(np.uint32), {}),
        "CIELAB, 8 bits": (RGB, {"photometric": PHOTOMETRIC.CIELAB}),
        "gray with four more channels": (np.dstack([RGB_ALPHA, GRAY]), {"photometric": "minisblack"}),
    }
    for name, (samples, options) in kinds.items():
        defaults = {"extrasamples": None, "iccprofile": None} if samples.shape[2] != 5 else {"iccprofile": None}
        if samples.shape[2] == 5:
            defaults["extrasamples"] = ["unspecified"] * 4
        yield refused(TIFF, name, tiff_of(samples, **defaults | options), "unsupported_image")
    twelve = tiff([grayscale_tags(WIDTH, HEIGHT, bits=12)], bytes(WIDTH * HEIGHT * 2))
    yield refused(TIFF, "gray, 12 bits", twelve, "unsupported_image")
