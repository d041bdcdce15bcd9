"""Bytes to pictures and back: 8-bit PNG and JPEG, gray or RGB, with or without alpha. No scaling to floats here."""

import io
import struct
import zlib
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from PIL import Image, ImageOps

from app.errors import CorruptImage, ImageTooLarge, UnsupportedImage
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
_PNG_COMPRESSION = 3
_WHITE = 255

# Pillow's own guard knows one limit for the whole process; ours is a setting, checked before any pixel is decoded.
Image.MAX_IMAGE_PIXELS = None


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


def decode(data: bytes, max_pixels: int) -> Picture:
    """Decode an upload. Raises UnsupportedImage, CorruptImage, or ImageTooLarge, that one from the header alone."""
    format_ = _format_of(data)
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as image:
            _check(image, data, format_, max_pixels)
            return _picture(image, format_)
    except _CORRUPTION as error:
        raise CorruptImage(f"the {format_.upper()} data are broken or cut off: send the whole file again") from error


def _format_of(data: bytes) -> Format:
    for signature, format_ in _SIGNATURES.items():
        if data.startswith(signature):
            return format_
    raise UnsupportedImage(f"the bytes are neither PNG nor JPEG; {_ACCEPTED}")


def _check(image: Image.Image, data: bytes, format_: Format, max_pixels: int) -> None:
    width, height = image.size
    if width * height > max_pixels:
        raise ImageTooLarge(
            f"the picture is {width} x {height} = {width * height} pixels; up to {max_pixels} are taken",
            limit=max_pixels,
            value=width * height,
        )
    if format_ == "png" and data[_PNG_DEPTH_AT] > 8:
        raise UnsupportedImage(f"the picture has {data[_PNG_DEPTH_AT]} bits a channel; {_ACCEPTED}")
    if image.mode not in {"1", "L", "LA", "P", "RGB", "RGBA"}:
        raise UnsupportedImage(f"the picture's colour mode is {image.mode}; {_ACCEPTED}")
    if format_ == "png" and getattr(image, "n_frames", 1) > 1:
        raise UnsupportedImage(f"the picture is animated; {_ACCEPTED}, one frame")


def _picture(image: Image.Image, format_: Format) -> Picture:
    icc, dpi = image.info.get("icc_profile"), image.info.get("dpi")
    warnings = ["EXIF dropped; its orientation is applied"] if image.getexif() else []
    ImageOps.exif_transpose(image, in_place=True)
    direct, converted = _direct(image)
    pixels = np.asarray(direct)
    alpha = None
    if direct.mode in {"LA", "RGBA"}:
        pixels, alpha = pixels[..., :-1], np.ascontiguousarray(pixels[..., -1])
    elif direct.mode == "L":
        pixels = pixels[..., None]
    return Picture(
        np.ascontiguousarray(pixels), alpha, format_, icc, dpi, tuple(warnings + ([converted] if converted else []))
    )


def _direct(image: Image.Image) -> tuple[Image.Image, str | None]:
    """Return the picture as L, LA, RGB or RGBA, which loses nothing, and what was converted for that."""
    if "transparency" in image.info:
        mode = "LA" if image.mode in {"1", "L"} else "RGBA"
        return image.convert("RGBA").convert(mode), f"{_NAMES[image.mode]} with a transparent colour became {mode}"
    if image.mode in {"1", "P"}:
        mode = "L" if image.mode == "1" else "RGB"
        return image.convert(mode), f"{_NAMES[image.mode]} became {mode}"
    return image, None


_NAMES = {"1": "1-bit", "P": "palette", "L": "gray", "RGB": "RGB"}


def encode(pixels: ByteImage, picture: Picture, format_: Format, quality: int | None) -> tuple[bytes, list[str]]:
    """Return `pixels`, what became of those of `picture`, as a file with its alpha, ICC and DPI; and what was lost."""
    options: dict[str, Any] = {"icc_profile": picture.icc} if picture.icc else {}
    if picture.dpi:
        options["dpi"] = picture.dpi
    lost = []
    alpha = picture.alpha
    if format_ == "jpeg":
        options |= {"quality": quality or DEFAULT_QUALITY, "subsampling": "4:4:4"}
        if alpha is not None:
            pixels, alpha = _on_white(pixels, alpha), None
            lost.append("JPEG has no transparency: laid on white")
    else:
        options["compress_level"] = _PNG_COMPRESSION
    target = io.BytesIO()
    _image(pixels, alpha).save(target, format=format_.upper(), **options)
    return target.getvalue(), lost


def _image(pixels: ByteImage, alpha: ByteImage | None) -> Image.Image:
    if alpha is not None:
        return Image.fromarray(np.dstack([pixels, alpha]))
    return Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)


def _on_white(pixels: ByteImage, alpha: ByteImage) -> ByteImage:
    """Return `pixels` over white, in integers: rounded (p·a + 255·(255 - a)) / 255."""
    weight = alpha[..., None].astype(np.uint32)
    return ((pixels * weight + _WHITE * (_WHITE - weight) + _WHITE // 2) // _WHITE).astype(np.uint8)
