"""Valid files of every format and of every kind of it, small: what mutations begin with."""

import io
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import imagecodecs
import numpy as np
import tifffile
from PIL import Image, ImageCms
from PIL.ExifTags import Base

from tests.fuzz.containers import (
    ADAM7,
    ONE_PASS,
    PNG_SIGNATURE,
    SHORT,
    Tag,
    bmp,
    gif,
    gif_frame,
    gif_plain_lzw,
    grayscale_tags,
    ihdr,
    png_chunk,
    png_row_bytes,
    tiff,
)

WIDTH, HEIGHT = 37, 23
FRAMES = 3
_TURNED = {5, 6, 7, 8}
_STEPS = np.random.default_rng(0).integers(-6, 7, (HEIGHT, WIDTH, 4))


@dataclass(frozen=True)
class Seed:
    """A valid file. `size` is (width, height) upright; one that is not `read` is of a kind that the service refuses."""

    name: str
    file: bytes
    size: tuple[int, int] = (WIDTH, HEIGHT)
    frames: int = 1
    read: bool = True

    @property
    def format(self) -> str:
        return self.name.partition("/")[0]


@cache
def seeds() -> tuple[Seed, ...]:
    """Return all seeds; the same in every run."""
    return tuple(
        seed
        for family in (_png, _apng, _jpeg, _webp, _gif, _tiff, _packed_tiff, _bmp, _avif)
        for seed in family()
    )  # fmt: skip


def pixels(channels: int = 3, *, frame: int = 0) -> np.ndarray:
    """Return (H, W) or (H, W, channels) uint8: a gradient with noise, so that it neither vanishes nor fills a codec."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    ramps = np.stack([5 * columns, 9 * rows, 4 * (rows + columns), 255 - 4 * columns], axis=-1)
    values = np.clip(ramps + _STEPS + 20 * frame, 0, 255).astype(np.uint8)
    return values[..., 0] if channels == 1 else values[..., :channels]


def _picture(mode: str = "RGB", frame: int = 0) -> Image.Image:
    channels = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "CMYK": 4}
    if mode in channels:
        return Image.frombytes(mode, (WIDTH, HEIGHT), pixels(channels[mode], frame=frame).tobytes())
    return _picture("RGB", frame).convert(mode)


def _saved(image: Image.Image, format_: str, **options: object) -> bytes:
    target = io.BytesIO()
    image.save(target, format_, **options)
    return target.getvalue()


def _animated(format_: str, mode: str, **options: object) -> bytes:
    first, *others = (_picture(mode, frame) for frame in range(FRAMES))
    return _saved(first, format_, save_all=True, append_images=others, **options)


def _exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[Base.Orientation] = orientation
    exif[Base.Make] = "Limpid"
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 8.0, 0.0)})
    return exif


def _long_exif() -> Image.Exif:
    exif = _exif(1)
    exif[Base.ImageDescription] = "long " * 9000
    return exif


@cache
def _profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


# --- PNG --------------------------------------------------------------------------------------------------------------


def _png() -> Iterator[Seed]:
    for colour, depths in {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}.items():
        for depth in depths:
            for interlaced in (False, True):
                name = f"png/colour {colour}, {depth} bits{', interlaced' if interlaced else ''}"
                yield Seed(name, png(depth, colour, interlaced=interlaced))
    for colour, transparent in {0: b"\0\1", 2: bytes(6), 3: b"\0\x80\xff"}.items():
        yield Seed(f"png/colour {colour}, tRNS", png(8, colour, before_pixels=png_chunk(b"tRNS", transparent)))
    for name, chunk in _ancillary().items():
        yield Seed(f"png/{name}", png(8, 2, before_pixels=chunk))
    everything = b"".join(_ancillary().values())
    yield Seed("png/all ancillary chunks", png(16, 6, before_pixels=everything))


def png(depth: int, colour: int, *, interlaced: bool = False, before_pixels: bytes = b"") -> bytes:
    """Return a PNG of random bytes, which are pixels whatever the depth, with every row filter."""
    rng = np.random.default_rng([depth, colour])
    rows = bytearray()
    for column, row, across, down in ADAM7 if interlaced else ONE_PASS:
        width, height = -(-(WIDTH - column) // across), -(-(HEIGHT - row) // down)
        for index in range(height):
            rows += bytes([index % 5]) + rng.bytes(png_row_bytes(width, depth, colour))
    palette = png_chunk(b"PLTE", rng.bytes(3 << depth)) if colour == 3 else b""
    head = ihdr(WIDTH, HEIGHT, depth, colour, interlaced)
    colours_first = before_pixels[4:8] != b"tRNS"
    between = before_pixels + palette if colours_first else palette + before_pixels
    return PNG_SIGNATURE + head + between + png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND")


def _ancillary() -> Mapping[str, bytes]:
    return {
        "iCCP": png_chunk(b"iCCP", b"profile\0\0" + zlib.compress(_profile())),
        "gAMA and cHRM": png_chunk(b"gAMA", struct.pack(">I", 45455))
        + png_chunk(b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)),
        "cICP": png_chunk(b"cICP", bytes([12, 13, 0, 1])),
        "pHYs": png_chunk(b"pHYs", struct.pack(">IIB", 11811, 11811, 1)),
        "eXIf": png_chunk(b"eXIf", _exif(1).tobytes().removeprefix(b"Exif\0\0")),
        "texts": png_chunk(b"tEXt", b"Title\0fuzz")
        + png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"long " * 50))
        + png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(b"<x:xmpmeta/>")),
    }


def _apng() -> Iterator[Seed]:
    for mode in ("L", "RGB", "RGBA"):
        file = _animated("PNG", mode, duration=[40, 80, 120], loop=2)
        yield Seed(f"png/animated {mode}", file, frames=FRAMES)
    for disposal in range(3):
        for blend in range(2):
            yield Seed(f"png/animated, disposal {disposal}, blend {blend}", apng(disposal, blend), frames=FRAMES)
    longest = apng(0, 0, loops=2**31 - 1, seconds=(2**16 - 1, 1))
    yield Seed("png/animated, as long and often as can be said", longest, frames=FRAMES)


def apng(disposal: int, blend: int, *, loops: int = 0, seconds: tuple[int, int] = (4, 100)) -> bytes:
    """Return an animation of RGBA whose later frames are smaller than the first: https://www.w3.org/TR/png-3/#fcTL-chunk

    `seconds` are numerator and denominator of how long a frame stays.
    """
    rng = np.random.default_rng([disposal, blend])
    chunks = [ihdr(WIDTH, HEIGHT, 8, 6), png_chunk(b"acTL", struct.pack(">II", FRAMES, loops))]
    for frame in range(FRAMES):
        width, height = WIDTH - 3 * frame, HEIGHT - 2 * frame
        sequence = max(0, 2 * frame - 1)
        control = struct.pack(">5IHHBB", sequence, width, height, 3 * frame, 2 * frame, *seconds, disposal, blend)
        rows = zlib.compress(b"".join(b"\0" + rng.bytes(4 * width) for _ in range(height)))
        data = png_chunk(b"fdAT", struct.pack(">I", sequence + 1) + rows) if frame else png_chunk(b"IDAT", rows)
        chunks += [png_chunk(b"fcTL", control), data]
    return b"".join([PNG_SIGNATURE, *chunks, png_chunk(b"IEND")])


# --- JPEG -------------------------------------------------------------------------------------------------------------


def _jpeg() -> Iterator[Seed]:
    kinds: dict[str, dict[str, object]] = {
        "baseline": {},
        "progressive": {"progressive": True},
        "4:4:4": {"subsampling": 0},
        "4:2:2": {"subsampling": 1},
        "restart markers": {"restart_marker_blocks": 1},
        "low quality": {"quality": 3},
        "long metadata": {"icc_profile": bytes(range(256)) * 700, "comment": b"long " * 9000, "exif": _long_exif()},
        "profile and resolution": {"icc_profile": _profile(), "dpi": (300, 300)},
    }
    for name, options in kinds.items():
        yield Seed(f"jpeg/{name}", _saved(_picture(), "JPEG", **options))
    for mode in ("L", "CMYK"):
        yield Seed(f"jpeg/{mode}", _saved(_picture(mode), "JPEG"))
        yield Seed(f"jpeg/{mode} progressive", _saved(_picture(mode), "JPEG", progressive=True))
    for orientation in range(1, 9):
        size = (HEIGHT, WIDTH) if orientation in _TURNED else (WIDTH, HEIGHT)
        file = _saved(_picture(), "JPEG", exif=_exif(orientation))
        yield Seed(f"jpeg/orientation {orientation}", file, size=size)
    yield Seed("jpeg/several pictures (MPO)", _animated("MPO", "RGB"))
    deep = pixels().astype(np.uint16) << 4
    yield Seed("jpeg/12 bits", imagecodecs.jpeg8_encode(deep, bitspersample=12), read=False)
    yield Seed("jpeg/lossless", imagecodecs.ljpeg_encode(pixels(1)))


# --- WebP -------------------------------------------------------------------------------------------------------------


def _webp() -> Iterator[Seed]:
    for mode in ("RGB", "RGBA"):
        yield Seed(f"webp/lossy {mode}", _saved(_picture(mode), "WEBP", quality=70))
        yield Seed(f"webp/lossless {mode}", _saved(_picture(mode), "WEBP", lossless=True))
        for lossless in (False, True):
            file = _animated("WEBP", mode, duration=[40, 80, 120], loop=3, lossless=lossless)
            yield Seed(f"webp/animated {mode}{', lossless' if lossless else ''}", file, frames=FRAMES)
    longest = _animated("WEBP", "RGB", duration=2**24 - 1, loop=2**16 - 1)
    yield Seed("webp/animated, as long and often as can be said", longest, frames=FRAMES)
    described = _saved(_picture(), "WEBP", exif=_exif(6), icc_profile=_profile())
    yield Seed("webp/profile and EXIF", described, size=(HEIGHT, WIDTH))


# --- GIF --------------------------------------------------------------------------------------------------------------


def _gif() -> Iterator[Seed]:
    for interlaced in (0, 1):
        yield Seed(f"gif/interlace {interlaced}", _saved(_picture("P"), "GIF", interlace=interlaced))
    yield Seed("gif/gray", _saved(_picture("L"), "GIF"))
    yield Seed("gif/transparent", _saved(_picture("RGBA"), "GIF", transparency=0))
    for disposal in range(4):
        file = _animated("GIF", "RGB", duration=[40, 80, 120], loop=2, disposal=disposal)
        yield Seed(f"gif/animated, disposal {disposal}", file, frames=FRAMES)
    first, second = (gif_frame(5, 4, gif_plain_lzw(bytes(order) * 5)) for order in ((0, 1, 2, 3), (3, 2, 1, 0)))
    yield Seed("gif/frames smaller than the canvas", gif(9, 8, first, second), size=(9, 8), frames=2)
    longest = _animated("GIF", "RGB", duration=655_350, loop=2**16 - 1)
    yield Seed("gif/animated, as long and often as can be said", longest, frames=FRAMES)
    yield Seed("gif/version 87a", b"GIF87a" + gif(5, 4, first[8:])[6:], size=(5, 4))


# --- TIFF -------------------------------------------------------------------------------------------------------------


def _tiff() -> Iterator[Seed]:
    gray, colour, translucent = pixels(1), pixels(3), pixels(4)
    deep = colour.astype(np.uint16) * 257
    kinds: dict[str, tuple[np.ndarray, dict[str, object]]] = {
        "gray": (gray, {"photometric": "minisblack"}),
        "white is zero": (gray, {"photometric": "miniswhite"}),
        "1 bit": (gray > 99, {"photometric": "minisblack"}),
        "RGB": (colour, {"photometric": "rgb", "resolution": (300, 300)}),
        "RGBA": (translucent, {"photometric": "rgb", "extrasamples": ["unassalpha"]}),
        "RGBA, premultiplied": (translucent, {"photometric": "rgb", "extrasamples": ["assocalpha"]}),
        "gray and alpha": (pixels(2), {"photometric": "minisblack", "extrasamples": ["unassalpha"]}),
        "gray, 16 bits": (deep[..., 0], {"photometric": "minisblack"}),
        "RGB, 16 bits": (deep, {"photometric": "rgb"}),
        "RGBA, 16 bits": (translucent.astype(np.uint16) * 257, {"photometric": "rgb", "extrasamples": ["unassalpha"]}),
        "planar": (np.ascontiguousarray(colour.transpose(2, 0, 1)), {"photometric": "rgb", "planarconfig": "separate"}),
        "CMYK": (translucent, {"photometric": "separated"}),
        "palette": (gray, {"photometric": "palette", "colormap": np.arange(768, dtype=np.uint16).reshape(3, 256) * 85}),
        "tiles": (colour, {"photometric": "rgb", "tile": (16, 16)}),
        "deflated tiles, 16 bits": (deep, {"photometric": "rgb", "tile": (16, 32), "compression": "zlib"}),
        "strips": (colour, {"photometric": "rgb", "rowsperstrip": 4}),
        "BigTIFF": (colour, {"photometric": "rgb", "bigtiff": True}),
        "big-endian": (deep, {"photometric": "rgb", "byteorder": ">"}),
        "big-endian BigTIFF": (deep, {"photometric": "rgb", "byteorder": ">", "bigtiff": True, "compression": "zlib"}),
        "profile": (colour, {"photometric": "rgb", "iccprofile": _profile()}),
        "orientation": (colour, {"photometric": "rgb", "extratags": [(274, 3, 1, 6, True)]}),
    }
    for name, (values, options) in kinds.items():
        yield Seed(f"tiff/{name}", tiff_of(values, **options), size=_size_of(name))
    for compression in ("lzw", "zlib", "packbits", "jpeg"):
        yield Seed(f"tiff/{compression}", tiff_of(colour, photometric="rgb", compression=compression, rowsperstrip=8))
    for name, values in {"8": colour, "16": deep}.items():
        for compression in ("lzw", "zlib"):
            predicted = tiff_of(values, photometric="rgb", compression=compression, predictor=True)
            yield Seed(f"tiff/{compression}, predictor, {name} bits", predicted)
    pages = np.stack([pixels(frame=frame) for frame in range(FRAMES)])
    yield Seed("tiff/pages", tiff_of(pages, photometric="rgb"), frames=FRAMES)
    thumbnail = tiff_of(colour, photometric="rgb", subifds=1, follow=colour[::2, ::2])
    yield Seed("tiff/directory below a directory", thumbnail)
    yield Seed("tiff/float", tiff_of(gray.astype(np.float32) / 255, photometric="minisblack"), read=False)
    yield Seed("tiff/signed", tiff_of(gray.astype(np.int16), photometric="minisblack"), read=False)


def _size_of(name: str) -> tuple[int, int]:
    return (HEIGHT, WIDTH) if name == "orientation" else (WIDTH, HEIGHT)


def tiff_of(values: np.ndarray, *, follow: np.ndarray | None = None, **options: object) -> bytes:
    """Return a TIFF by tifffile without its private tags; `follow` is one more page, or a directory below the first."""
    target = io.BytesIO()
    wide = {name: options.pop(name) for name in ("bigtiff", "byteorder") if name in options}
    with tifffile.TiffWriter(target, **wide) as writer:
        writer.write(values, metadata=None, software=False, **options)
        if follow is not None:
            writer.write(follow, photometric="rgb", metadata=None, software=False)
    return target.getvalue()


def _packed_tiff() -> Iterator[Seed]:
    """Yield what tifffile does not write: several samples in a byte."""
    rng = np.random.default_rng(0)
    for bits in (2, 4):
        for order in "<>":
            data = rng.bytes((WIDTH * bits + 7) // 8 * HEIGHT)
            yield Seed(
                f"tiff/{bits} bits, {order}", tiff([grayscale_tags(WIDTH, HEIGHT, bits=bits)], data, order=order)
            )
    reversed_bits = grayscale_tags(WIDTH, HEIGHT, bits=1) | {266: Tag(SHORT, [2])}
    yield Seed("tiff/1 bit, the last bit first", tiff([reversed_bits], rng.bytes(5 * HEIGHT)))


# --- BMP --------------------------------------------------------------------------------------------------------------


def _bmp() -> Iterator[Seed]:
    for mode in ("1", "L", "P", "RGB", "RGBA"):
        yield Seed(f"bmp/{mode}", _saved(_picture(mode), "BMP"))
    rng = np.random.default_rng(0)
    palette = rng.bytes(64)
    yield Seed("bmp/4 bits", bmp(WIDTH, HEIGHT, 4, rng.bytes((WIDTH + 7) // 8 * 4 * HEIGHT), palette=palette))
    yield Seed("bmp/16 bits", bmp(WIDTH, HEIGHT, 16, rng.bytes((2 * WIDTH + 3) // 4 * 4 * HEIGHT)))
    yield Seed("bmp/from the top", bmp(WIDTH, -HEIGHT, 24, rng.bytes((3 * WIDTH + 3) // 4 * 4 * HEIGHT)))
    runs = b"".join(bytes([WIDTH, row % 16, 0, 0]) for row in range(HEIGHT)) + b"\0\1"
    yield Seed("bmp/runs", bmp(WIDTH, HEIGHT, 8, runs, compression=1, palette=palette))


# --- AVIF -------------------------------------------------------------------------------------------------------------


def _avif() -> Iterator[Seed]:
    fast = {"speed": 10, "quality": 60}
    for mode in ("RGB", "RGBA"):
        yield Seed(f"avif/{mode}", _saved(_picture(mode), "AVIF", **fast))
    yield Seed("avif/gray", _saved(_picture("L"), "AVIF", subsampling="4:0:0", **fast))
    yield Seed("avif/4:4:4", _saved(_picture(), "AVIF", subsampling="4:4:4", **fast))
    yield Seed("avif/animated", _animated("AVIF", "RGB", duration=[40, 80, 120], **fast), frames=FRAMES)
    turned = _saved(_picture(), "AVIF", exif=_exif(6), icc_profile=_profile(), **fast)
    yield Seed("avif/profile and EXIF", turned, size=(HEIGHT, WIDTH))
    deep = imagecodecs.avif_encode(pixels().astype(np.uint16) << 2, bitspersample=10, speed=10, level=60)
    yield Seed("avif/10 bits", bytes(deep))
