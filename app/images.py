"""Bytes to pictures and back: 8-bit PNG and JPEG, gray or RGB, with or without alpha. No scaling to floats here."""

import io
import struct
import zlib
from dataclasses import dataclass
from typing import BinaryIO, Literal, get_args

import numpy as np
from PIL import Image
from PIL.ExifTags import Base

from app.errors import CorruptImage, ImageTooLarge, UnsupportedImage
from app.png import write_png
from models.pixels import ByteImage

Format = Literal["png", "jpeg"]
FORMATS: tuple[Format, ...] = get_args(Format)
LOSSY: frozenset[Format] = frozenset({"jpeg"})
MEDIA_TYPES: dict[Format, str] = {"png": "image/png", "jpeg": "image/jpeg"}
DEFAULT_QUALITY = 95

_SIGNATURES: dict[bytes, Format] = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg"}
_ACCEPTED = "send an 8-bit PNG or JPEG, gray or RGB"
_CORRUPTION = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, zlib.error)
_PNG_DEPTH_AT = 24
_MAX_DPI = 65535
"""What a JPEG can hold. EXIF may claim anything, which no file could be written with."""
_WHITE = 255
_STRIP_PIXELS = 1 << 16

_UPRIGHT = {
    2: (False, 1, -1),
    3: (False, -1, -1),
    4: (False, -1, 1),
    5: (True, 1, 1),
    6: (True, -1, 1),
    7: (True, -1, -1),
    8: (True, 1, -1),
}
"""EXIF orientation to what turns the upright picture into the file's: axes swapped?, then the steps along both."""

# Pillow's own guard knows one limit for the whole process; ours is a setting, checked before any pixel is decoded.
Image.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True)
class Header:
    """What a file says before any pixel: width and height are the file's, before the orientation is applied."""

    format: Format
    width: int
    height: int

    @property
    def pixels(self) -> int:
        return self.width * self.height


@dataclass(frozen=True)
class Picture:
    """A decoded picture, upright.

    `pixels` is (H, W, 1) for gray or (H, W, 3) for RGB, `alpha` (H, W) or None, both uint8. `icc` and `dpi` go
    through untouched. `warnings` says what was converted or lost on the way in.
    """

    pixels: ByteImage
    alpha: ByteImage | None
    format: Format
    icc: bytes | None = None
    dpi: tuple[float, float] | None = None
    warnings: tuple[str, ...] = ()


def inspect(upload: BinaryIO, max_pixels: int) -> Header:
    """Read the header of an upload, and no pixel.

    Raises UnsupportedImage, ImageTooLarge, or CorruptImage, that one also for a file that only looks like a picture.
    """
    upload.seek(0)
    start = upload.read(_PNG_DEPTH_AT + 1)
    format_ = _format_of(start)
    try:
        image = _open(upload, format_)
    except _CORRUPTION as error:
        raise _corrupt(format_) from error
    header = Header(format_, *image.size)
    if header.pixels > max_pixels:
        raise ImageTooLarge(
            f"the picture is {header.width} x {header.height} = {header.pixels} pixels; up to {max_pixels} are taken",
            limit=max_pixels,
            value=header.pixels,
        )
    _check_kind(image, start)
    return header


def decode(upload: BinaryIO, header: Header) -> Picture:
    """Decode an upload that `inspect` let pass. Raises CorruptImage.

    Takes 4 bytes a pixel beside the upload and the picture, 7 for a progressive JPEG.
    """
    try:
        return _picture(_open(upload, header.format), header.format)
    except _CORRUPTION as error:
        raise _corrupt(header.format) from error


def _format_of(start: bytes) -> Format:
    for signature, format_ in _SIGNATURES.items():
        if start.startswith(signature):
            return format_
    raise UnsupportedImage(f"the bytes are neither PNG nor JPEG; {_ACCEPTED}")


def _open(upload: BinaryIO, format_: Format) -> Image.Image:
    return Image.open(upload, formats=(format_,))


def _corrupt(format_: Format) -> CorruptImage:
    return CorruptImage(f"the {format_.upper()} data are broken or cut off: send the whole file again")


def _check_kind(image: Image.Image, start: bytes) -> None:
    if image.format == "PNG" and start[_PNG_DEPTH_AT] > 8:
        raise UnsupportedImage(f"the picture has {start[_PNG_DEPTH_AT]} bits a channel; {_ACCEPTED}")
    if image.mode not in {"1", "L", "LA", "P", "RGB", "RGBA"}:
        raise UnsupportedImage(f"the picture's colour mode is {image.mode}; {_ACCEPTED}")
    if image.format == "PNG" and getattr(image, "n_frames", 1) > 1:
        raise UnsupportedImage(f"the picture is animated; {_ACCEPTED}, one frame")


def _picture(image: Image.Image, format_: Format) -> Picture:
    image.load()  # first: the metadata of a PNG may come after the pixels
    mode, converted = _direct_mode(image)
    exif = image.getexif()
    warnings = ["EXIF dropped; its orientation is applied"] if exif else []
    if converted:
        warnings.append(converted)
    dpi = image.info.get("dpi")
    if dpi and not all(0 <= each <= _MAX_DPI for each in dpi):
        dpi = None
        warnings.append("an impossible resolution was dropped")
    pixels, alpha = _arrays(image, mode, exif.get(Base.Orientation, 1))
    return Picture(pixels, alpha, format_, image.info.get("icc_profile"), dpi, tuple(warnings))


def _direct_mode(image: Image.Image) -> tuple[str, str | None]:
    """Return which of L, LA, RGB and RGBA holds the picture without loss, and what is converted for that."""
    if "transparency" in image.info:
        mode = "LA" if image.mode in {"1", "L"} else "RGBA"
        return mode, f"{_NAMES[image.mode]} with a transparent colour became {mode}"
    if image.mode in {"1", "P"}:
        mode = "L" if image.mode == "1" else "RGB"
        return mode, f"{_NAMES[image.mode]} became {mode}"
    return image.mode, None


_NAMES = {"1": "1-bit", "P": "palette", "L": "gray", "RGB": "RGB"}


def _arrays(image: Image.Image, mode: str, orientation: int) -> tuple[ByteImage, ByteImage | None]:
    """Return pixels and alpha, upright, copied strip by strip: Pillow would make two copies of the whole."""
    width, height = image.size
    swapped, _, _ = _UPRIGHT.get(orientation, (False, 1, 1))
    upright = (width, height) if swapped else (height, width)
    colours = mode.removesuffix("A")
    pixels = np.empty((*upright, len(colours)), np.uint8)
    alpha = np.empty(upright, np.uint8) if colours != mode else None
    rows = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        strip = _converted(image.crop((0, top, width, bottom)) if rows < height else image, mode)
        if alpha is not None:
            _as_in_file(alpha, orientation)[top:bottom] = np.asarray(strip.getchannel("A"))
            strip = strip.convert(colours)
        _as_in_file(pixels, orientation)[top:bottom] = np.asarray(strip).reshape(bottom - top, width, -1)
    return pixels, alpha


def _converted(image: Image.Image, mode: str) -> Image.Image:
    if "transparency" in image.info:
        image = image.convert("RGBA")
    return image if image.mode == mode else image.convert(mode)


def _as_in_file(upright: ByteImage, orientation: int) -> ByteImage:
    """Return a view of `upright` (H, W, ...) that lies as the file's rows do."""
    swapped, down, right = _UPRIGHT.get(orientation, (False, 1, 1))
    return (upright.swapaxes(0, 1) if swapped else upright)[::down, ::right]


def encode(pixels: ByteImage, picture: Picture, format_: Format, quality: int | None) -> tuple[bytes, list[str]]:
    """Return `pixels`, what became of those of `picture`, as a file with its alpha, ICC and DPI; and what was lost.

    Takes up to 4 bytes a pixel beside the file for JPEG, about a megabyte in all for PNG.
    """
    if format_ == "png":
        return write_png(pixels, picture.alpha, picture.icc, picture.dpi), []
    lost = []
    if picture.alpha is None:
        image = _image(pixels)
    else:
        image = _on_white(pixels, picture.alpha)
        lost.append("JPEG has no transparency: laid on white")
    target = io.BytesIO()
    image.save(
        target,
        format="JPEG",
        quality=quality or DEFAULT_QUALITY,
        subsampling="4:4:4",
        icc_profile=picture.icc,
        dpi=picture.dpi or (0, 0),
    )
    return target.getvalue(), lost


def _on_white(pixels: ByteImage, alpha: ByteImage) -> Image.Image:
    """Return `pixels` over white, in integers: rounded (p·a + 255·(255 - a)) / 255, which 16 bits hold."""
    height, width, channels = pixels.shape
    image = Image.new("L" if channels == 1 else "RGB", (width, height))
    rows = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, rows):
        strip = slice(top, top + rows)
        weight = alpha[strip, :, None].astype(np.uint16)
        laid = (pixels[strip] * weight + _WHITE * (_WHITE - weight) + _WHITE // 2) // _WHITE
        image.paste(_image(laid.astype(np.uint8)), (0, top))
    return image


def _image(pixels: ByteImage) -> Image.Image:
    return Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
