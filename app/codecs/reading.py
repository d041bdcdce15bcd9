"""PNG, JPEG, WebP, AVIF, GIF and BMP to pictures, by Pillow; PNG of 16 bits by libpng (imagecodecs)."""

import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import numpy as np
from PIL import Image, MpoImagePlugin
from PIL.JpegImagePlugin import JpegImageFile

from app.codecs import avif, jpeg, png, webp
from app.codecs.apng import scale_transparent_gray, shown_frames
from app.codecs.conversion import Conversion, arrays
from app.codecs.errors import corrupt
from app.codecs.formats import ACCEPTED, Source
from app.codecs.metadata import DAMAGED, PREFIX, orientation_of, portable, says_resolution
from app.codecs.orientation import UPRIGHT, upright, upright_resolution, upright_size
from app.codecs.picture import MAX_DPI, Frame, Header, Limits, Picture, Size
from app.errors import UnsupportedImage
from models.pixels import Samples

PLAIN_BYTES = 2**20
PLAIN_PIXELS = 4_000_000
"""PNG and JPEG up to these sizes are decoded in a thread: whatever they hold, they take little time and memory."""

CORRUPTION = (
    AttributeError, EOFError, Image.DecompressionBombError, Image.DecompressionBombWarning, IndexError, KeyError,
    OSError, OverflowError, RuntimeError, SyntaxError, TypeError, ValueError, ZeroDivisionError, struct.error,
    zlib.error,
)  # fmt: skip
"""What Pillow raises for files that are not what they say."""

_MODES = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "I;16", "I;16B", "I"})
_UNSAID_LOOPS: dict[Source, int | None] = {"gif": None, "avif": 0}
"""How often an animation is played of which Pillow says nothing; AVIFs are mostly played for ever."""
_PROFILE_MARKS = {"png": b"iCCP", "jpeg": b"ICC_PROFILE\0", "gif": b"ICCRGBG1012", "webp": b"ICCP"}
_PROFILE_WITHIN = 2**16
_RAW_PROFILE = "Raw profile type exif"
_DAMAGED_EXIF = "EXIF that is damaged or too long was dropped"
_XMP_TEXT = "XML:com.adobe.xmp"
_OPAQUE = 255

# Pillow's own guard knows one limit for the whole process and not what was over it; ours is checked below, before any
# pixel is decoded. The processes that decode set it to what the header promised.
Image.MAX_IMAGE_PIXELS = None


def inspect(file: BinaryIO, source: Source, limits: Limits) -> Header:
    """Read the header of a file, and no pixel.

    Raises UnsupportedImage, ImageTooLarge, ImageTooSmall, or CorruptImage, that one also for a file that only looks
    like a picture.
    """
    try:
        if source == "webp":  # libwebp makes room for the whole canvas before it says how large that is
            size = webp.size(file)
            limits.check(size.width, size.height)
        if source == "jpeg":
            jpeg.check_depth(file)
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
    """Tell whether decoding is harmless. A JPEG may have thousands of scans, each over all its pixels."""
    small = file.seek(0, 2) <= PLAIN_BYTES and image.width * image.height <= PLAIN_PIXELS
    kind = image.format in {"PNG", "JPEG"} and depth == 8 and frames == 1 and image.mode != "CMYK"
    return small and kind and (image.format == "PNG" or jpeg.has_one_scan(file))


def _picture(image: Image.Image, header: Header, file: BinaryIO) -> Picture:
    frames = _frames(image)
    image.load()  # first: the metadata of a PNG may come after the pixels
    if header.format == "png":
        scale_transparent_gray(image, png.depth(file))
    size = Size(image.height, image.width)
    orientation, exif, more = _exif(image, size)
    dpi, told = _resolution(image, orientation)
    warnings = [*told, *more, *_dropped(image, header, file)]
    icc = image.info.get("icc_profile") or None
    if header.depth == 16:
        shown: tuple[Frame, ...] = (_deep_frame(file, orientation),)
        converted = Conversion.of(image, 1, icc).warnings
    else:
        convert = Conversion.of(image, len(frames), icc)
        shown = _without_needless(tuple(_decoded(image, file, frames, convert, orientation)), image)
        converted, icc = convert.warnings, None if convert.srgb else icc
    return Picture(
        shown,
        header.format,
        loop=image.info.get("loop", _UNSAID_LOOPS.get(header.format, 1)),
        lossless=header.format == "webp" and webp.is_lossless(file),
        icc=icc,
        dpi=dpi,
        exif=exif,
        colour_chunks=png.colour_chunks(file) if header.format == "png" else b"",
        warnings=(*converted, *warnings),
    )


def _resolution(image: Image.Image, orientation: int) -> tuple[tuple[float, float] | None, list[str]]:
    dpi = image.info.get("dpi")
    if not dpi or dpi == (0, 0) or _is_made_up(image):
        return None, []
    if not all(0 < each <= MAX_DPI for each in dpi):
        return None, ["an impossible resolution was dropped"]
    return upright_resolution((float(dpi[0]), float(dpi[1])), orientation), []


def _is_made_up(image: Image.Image) -> bool:
    """Tell whether the resolution is the 72 dots that Pillow takes for a JPEG that has EXIF and does not say."""
    if not isinstance(image, JpegImageFile) or image.info.get("jfif_unit"):
        return False
    try:
        return not says_resolution(_exif_of(image))
    except DAMAGED:
        return True


def _exif(image: Image.Image, size: Size) -> tuple[int, bytes | None, list[str]]:
    """Return the orientation, the EXIF that may go on, and what was lost."""
    try:
        exif = _exif_of(image)
        if not exif:
            return UPRIGHT, None, []
        orientation = orientation_of(exif)
    except DAMAGED:
        return UPRIGHT, None, [_DAMAGED_EXIF]
    try:
        return orientation, portable(exif, upright_size(size, orientation)), []
    except DAMAGED:
        return orientation, None, [_DAMAGED_EXIF]


def _exif_of(image: Image.Image) -> bytes:
    """Return a file's EXIF, empty where there is none; some PNGs have it as a text of hexadecimal numbers."""
    exif = image.info.get("exif")
    text = image.info.get(_RAW_PROFILE)
    if exif is None and isinstance(text, str):
        exif = bytes.fromhex("".join(text.split("\n")[3:]))
    return (exif or b"").removeprefix(PREFIX)


def _dropped(image: Image.Image, header: Header, file: BinaryIO) -> Iterator[str]:
    """Yield what of the file is not read."""
    if "xmp" in image.info:
        yield "XMP was dropped"
    if not image.info.get("icc_profile") and _names_a_profile(file, header.format):
        yield "a colour profile that can't be read was dropped"
    if image.info.get("photoshop"):
        yield "Photoshop's and IPTC's fields were dropped"
    if image.info.get("comment") or getattr(image, "text", {}).keys() - {_XMP_TEXT, _RAW_PROFILE}:
        yield "text comments were dropped"
    if isinstance(image, MpoImagePlugin.MpoImageFile):
        yield "the file's further pictures (MPO) were dropped"
    if image.info.get("default_image"):
        yield "the still that stands for the animation was dropped"
    if header.format == "avif" and avif.is_deep(file):
        yield "10 or 12 bits became 8"
    if header.format == "avif" and not image.info.get("icc_profile") and avif.has_other_colours(file):
        yield "AVIF's own words on its colours were dropped: they are shown as sRGB now"
    if header.format == "png" and image.mode == "L" and (bits := png.depth(file)) < 8:
        yield f"{bits}-bit became 8-bit"


def _decoded(
    image: Image.Image, file: BinaryIO, frames: Sequence[int], convert: Conversion, orientation: int
) -> Iterator[Frame]:
    shown = shown_frames(file) if image.format == "PNG" and len(frames) > 1 else _sought(image, frames)
    for _, (each, milliseconds) in zip(frames, shown, strict=True):
        pixels, alpha = arrays(each, convert, orientation)
        yield Frame(pixels, alpha, round(milliseconds))


def _sought(image: Image.Image, frames: Sequence[int]) -> Iterator[tuple[Image.Image, float]]:
    """Yield each frame as Pillow shows it, and for how many milliseconds."""
    for index in frames:
        if len(frames) > 1 or index:
            image.seek(index)
            image.load()
        yield image, image.info.get("duration", 0)


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


def _names_a_profile(file: BinaryIO, source: Source) -> bool:
    """Tell whether a file's head has the mark that a colour profile begins with."""
    mark = _PROFILE_MARKS.get(source)
    if mark is None:
        return False
    file.seek(0)
    return mark in file.read(_PROFILE_WITHIN).partition(b"IDAT")[0]
