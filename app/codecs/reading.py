"""PNG, JPEG, WebP, AVIF, GIF and BMP to pictures, by Pillow; PNG of 16 bits by libpng (imagecodecs)."""

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from PIL import Image, MpoImagePlugin
from PIL.JpegImagePlugin import JpegImageFile

from app.codecs import png
from app.codecs.colour import ToSrgb
from app.codecs.errors import corrupt
from app.codecs.formats import ACCEPTED, Source
from app.codecs.metadata import DAMAGED, orientation_of, portable
from app.codecs.orientation import UPRIGHT, as_in_file, upright, upright_size
from app.codecs.picture import MAX_DPI, Frame, Header, Limits, Picture, Size
from app.errors import UnsupportedImage
from models.pixels import ByteImage, Samples

PLAIN_BYTES = 2**20
PLAIN_PIXELS = 4_000_000
"""PNG and JPEG up to these sizes are decoded in a thread: whatever they hold, they take little time and memory."""

CORRUPTION = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, struct.error, zlib.error)
"""What Pillow raises for files that are not what they say."""

_MODES = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "I;16", "I;16B", "I"})
_NAMES = {"1": "1-bit", "P": "palette", "PA": "palette", "L": "gray", "RGB": "RGB", "RGBX": "RGBX", "CMYK": "CMYK"}
_STRIP_PIXELS = 1 << 16
_OPAQUE = 255
_AVIF_HEAD_BYTES = 4096
_HIGH_BIT_DEPTH = 0x40

# Pillow's own guard knows one limit for the whole process and not what was over it; ours is checked below, before any
# pixel is decoded. The processes that decode set it to what the header promised.
Image.MAX_IMAGE_PIXELS = None


def inspect(file: BinaryIO, source: Source, limits: Limits) -> Header:
    """Read the header of a file, and no pixel.

    Raises UnsupportedImage, ImageTooLarge, ImageTooSmall, or CorruptImage, that one also for a file that only looks
    like a picture.
    """
    try:
        image = _open(file, source)
        limits.check(image.width, image.height)
        frames = _frames(image)
        limits.check(image.width, image.height, len(frames))
    except CORRUPTION as error:
        raise corrupt(source) from error
    depth = 16 if source == "png" and png.depth(file) == 16 else 8
    _check_kind(image, source, depth, len(frames))
    sizes = (Size(image.height, image.width),) * len(frames)
    return Header(source, sizes, depth, _is_plain(image, file, depth, len(frames)))


def read(file: BinaryIO, header: Header) -> Picture:
    """Decode a file that `inspect` let pass. Raises CorruptImage.

    Takes 4 bytes a pixel beside the file and the picture, 7 for a progressive JPEG.
    """
    try:
        return _picture(_open(file, header.format), header, file)
    except CORRUPTION as error:
        raise corrupt(header.format) from error


def _open(file: BinaryIO, source: Source) -> Image.Image:
    file.seek(0)
    image = Image.open(file, formats=(source,))
    if isinstance(image, MpoImagePlugin.MpoImageFile):
        # Several JPEGs in one file, as phones write them: the first is the picture, the others belong to it.
        image.seek(0)
    return image


def _frames(image: Image.Image) -> range:
    """Return the frames that are shown: the still that some APNGs have for those who can't animate is not."""
    if isinstance(image, JpegImageFile):
        return range(1)
    return range(1 if image.info.get("default_image") else 0, getattr(image, "n_frames", 1))


def _check_kind(image: Image.Image, source: Source, depth: int, frames: int) -> None:
    if image.mode not in _MODES:
        raise UnsupportedImage(f"the picture's colour mode is {image.mode}; send it as gray, RGB or CMYK")
    if depth == 16 and frames > 1:
        raise UnsupportedImage(f"an animated {source.upper()} of 16 bits is not read: send one of 8 bits; {ACCEPTED}")


def _is_plain(image: Image.Image, file: BinaryIO, depth: int, frames: int) -> bool:
    """Tell whether decoding is harmless. A progressive JPEG may have thousands of passes over all its pixels."""
    small = file.seek(0, 2) <= PLAIN_BYTES and image.width * image.height <= PLAIN_PIXELS
    kind = image.format in {"PNG", "JPEG"} and depth == 8 and frames == 1 and image.mode != "CMYK"
    return small and kind and not image.info.get("progressive")


def _picture(image: Image.Image, header: Header, file: BinaryIO) -> Picture:
    frames = _frames(image)
    image.load()  # first: the metadata of a PNG may come after the pixels
    dpi, told = _resolution(image)
    size = Size(image.height, image.width)
    orientation, exif, more = _exif(image, size)
    warnings = [*told, *more, *_dropped(image, header, file)]
    icc = image.info.get("icc_profile") or None
    if header.depth == 16:
        shown: tuple[Frame, ...] = (_deep_frame(file, orientation),)
        converted: list[str] = []
    else:
        convert = _Conversion.of(image, len(frames), icc)
        shown = _without_needless(tuple(_decoded(image, frames, convert, orientation)), image)
        converted, icc = convert.warnings, None if convert.srgb else icc
    return Picture(
        shown,
        header.format,
        loop=image.info.get("loop", None if header.format == "gif" else 1),
        lossless=_is_lossless(file, header.format),
        icc=icc,
        dpi=dpi,
        exif=exif,
        colour_chunks=png.colour_chunks(file) if header.format == "png" else b"",
        warnings=(*converted, *warnings),
    )


def _resolution(image: Image.Image) -> tuple[tuple[float, float] | None, list[str]]:
    dpi = image.info.get("dpi")
    if not dpi or dpi == (0, 0):
        return None, []
    if not all(0 < each <= MAX_DPI for each in dpi):
        return None, ["an impossible resolution was dropped"]
    return (float(dpi[0]), float(dpi[1])), []


def _exif(image: Image.Image, size: Size) -> tuple[int, bytes | None, list[str]]:
    """Return the orientation, the EXIF that may go on, and what was lost."""
    try:
        exif = image.getexif()
        if exif or not image.info.get("exif"):
            orientation = orientation_of(exif)
            return orientation, portable(exif, upright_size(size, orientation)), []
    except DAMAGED:
        pass
    return UPRIGHT, None, ["EXIF that is damaged or too long was dropped"]


def _dropped(image: Image.Image, header: Header, file: BinaryIO) -> Iterator[str]:
    """Yield what of the file is not read."""
    if "xmp" in image.info:
        yield "XMP was dropped"
    if image.info.get("photoshop"):
        yield "Photoshop's and IPTC's fields were dropped"
    if image.info.get("comment") or getattr(image, "text", None):
        yield "text comments were dropped"
    if isinstance(image, MpoImagePlugin.MpoImageFile):
        yield "the file's further pictures (MPO) were dropped"
    if image.info.get("default_image"):
        yield "the still that stands for the animation was dropped"
    if header.format == "avif" and _is_deep_avif(file):
        yield "10 or 12 bits became 8"


@dataclass(frozen=True)
class _Conversion:
    """How a picture of Pillow's becomes gray or RGB, with or without alpha: `mode` is L, LA, RGB or RGBA."""

    mode: str
    warnings: list[str]
    srgb: ToSrgb | None = None

    @classmethod
    def of(cls, image: Image.Image, frames: int, icc: bytes | None) -> "_Conversion":
        name = _NAMES.get(image.mode, image.mode)
        if image.mode == "CMYK":
            srgb = ToSrgb(icc, "CMYK")
            how = "by its colour profile" if srgb.exact else "without a colour profile"
            return cls("RGB", [f"CMYK became sRGB {how}"], srgb)
        if image.format == "GIF":
            return cls("RGBA", [])
        gray = image.mode in {"1", "L", "LA"}
        if "transparency" in image.info and image.mode != "RGBA":
            mode = "LA" if gray else "RGBA"
            return cls(mode, [f"{name} with a transparent colour became {mode}"])
        if frames > 1:
            return cls("LA" if gray else "RGBA", [])
        if image.mode in {"1", "P", "PA", "RGBX"}:
            mode = {"1": "L", "PA": "RGBA"}.get(image.mode, "RGB")
            return cls(mode, [f"{name} became {mode}"] if image.mode != "RGBX" else [])
        return cls(image.mode, [])

    def __call__(self, image: Image.Image) -> Image.Image:
        if self.srgb is not None:
            return self.srgb(image)
        if "transparency" in image.info:
            image = image.convert("RGBA")
        return image if image.mode == self.mode else image.convert(self.mode)


def _decoded(image: Image.Image, frames: Sequence[int], convert: _Conversion, orientation: int) -> Iterator[Frame]:
    for index in frames:
        if len(frames) > 1:
            image.seek(index)
            image.load()
        pixels, alpha = _arrays(image, convert, orientation)
        yield Frame(pixels, alpha, round(image.info.get("duration", 0)))


def _arrays(image: Image.Image, convert: _Conversion, orientation: int) -> tuple[ByteImage, ByteImage | None]:
    """Return pixels and alpha, upright, copied strip by strip: Pillow would make two copies of the whole."""
    width, height = image.size
    shape = upright_size(Size(height, width), orientation)
    colours = convert.mode.removesuffix("A")
    pixels = np.empty((*shape, len(colours)), np.uint8)
    alpha = np.empty(shape, np.uint8) if colours != convert.mode else None
    rows = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        strip = convert(image.crop((0, top, width, bottom)) if rows < height else image)
        if alpha is not None:
            as_in_file(alpha, orientation)[top:bottom] = np.asarray(strip.getchannel("A"))
            strip = strip.convert(colours)
        as_in_file(pixels, orientation)[top:bottom] = np.asarray(strip).reshape(bottom - top, width, -1)
    return pixels, alpha


def _deep_frame(file: BinaryIO, orientation: int) -> Frame:
    """Return the frame of a PNG of 16 bits, of which Pillow would keep 8."""
    pixels, alpha = png.read_deep(file)
    return Frame(upright(pixels, orientation), None if alpha is None else upright(alpha, orientation))


def _without_needless(frames: tuple[Frame, ...], image: Image.Image) -> tuple[Frame, ...]:
    """Return animated and GIF frames without an alpha that hides nothing, and gray if a GIF's palette is gray."""
    declared = image.format != "GIF" and image.mode in {"LA", "RGBA", "PA"}
    if (len(frames) == 1 and image.format != "GIF") or any(each.alpha is None for each in frames):
        return frames
    opaque = not declared and all(each.alpha is None or each.alpha.min() == _OPAQUE for each in frames)
    gray = image.format == "GIF" and all(_is_gray(each.pixels) for each in frames)
    return tuple(
        Frame(each.pixels[..., :1].copy() if gray else each.pixels, None if opaque else each.alpha, each.milliseconds)
        for each in frames
    )


def _is_gray(pixels: Samples) -> bool:
    return all(np.array_equal(pixels[..., 0], pixels[..., index]) for index in range(1, pixels.shape[2]))


def _is_lossless(file: BinaryIO, source: Source) -> bool:
    """Tell whether a file is a WebP without any lossy part (VP8 is lossy, VP8L is not)."""
    return source == "webp" and b"VP8 " not in set(_riff_kinds(file))


def _riff_kinds(file: BinaryIO) -> Iterator[bytes]:
    """Yield the kinds of a WebP's chunks, those inside of animation frames (ANMF, after 16 bytes of its own) too."""
    end = file.seek(0, 2)
    at = 12
    while at + 8 <= end:
        file.seek(at)
        kind, length = struct.unpack("<4sI", file.read(8))
        yield kind
        at += 8 + (16 if kind == b"ANMF" else length + length % 2)


def _is_deep_avif(file: BinaryIO) -> bool:
    """Tell by its codec configuration (`av1C`, AV1-ISOBMFF 2.3.3) whether an AVIF has more than 8 bits a channel."""
    file.seek(0)
    _, found, rest = file.read(_AVIF_HEAD_BYTES).partition(b"av1C")
    return bool(found and len(rest) > 2 and rest[2] & _HIGH_BIT_DEPTH)
