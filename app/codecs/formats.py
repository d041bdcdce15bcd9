"""The file formats: how each is recognised and named, and what it can hold."""

from dataclasses import dataclass
from typing import Literal, get_args

from app.errors import UnsupportedImage

Format = Literal["png", "jpeg", "webp", "avif", "tiff", "gif"]
"""What can be written."""
Source = Literal["png", "jpeg", "webp", "avif", "tiff", "gif", "bmp"]
"""What can be read."""

FORMATS: tuple[Format, ...] = get_args(Format)
SOURCES: tuple[Source, ...] = get_args(Source)
MEDIA_TYPES: dict[Format, str] = {each: f"image/{each}" for each in FORMATS}
EXTENSIONS: dict[Format, str] = {each: {"jpeg": "jpg", "tiff": "tif"}.get(each, each) for each in FORMATS}
LOSSY: frozenset[Format] = frozenset({"jpeg", "webp", "avif"})
DEFAULT_QUALITY = 95
ACCEPTED = "send PNG, JPEG, WebP, TIFF, BMP, GIF or AVIF"

SNIFFED_BYTES = 32
"""As much of a file's start as its format is told from."""


@dataclass(frozen=True)
class Capacity:
    """What a format can hold beside 8-bit RGB pixels."""

    side: int
    frames: bool
    alpha: bool
    gray: bool = False
    gray_with_alpha: bool = False
    deep: bool = False
    profile_bytes: int = 2**26
    milliseconds: int = 2**32 - 1
    loops: int = 2**31 - 1
    """How long a frame can be said to stay, and how often an animation to be shown."""


CAPACITIES: dict[Format, Capacity] = {
    "png": Capacity(
        side=2**31 - 1, frames=True, alpha=True, gray=True, gray_with_alpha=True, deep=True, profile_bytes=2**20
    ),
    "jpeg": Capacity(side=65_500, frames=False, alpha=False, gray=True, profile_bytes=255 * 65_519),
    "webp": Capacity(side=16_383, frames=True, alpha=True, milliseconds=2**24 - 1, loops=2**16 - 1),
    "avif": Capacity(side=32_768, frames=True, alpha=True, gray=True),
    "tiff": Capacity(side=2**31 - 1, frames=True, alpha=True, gray=True, gray_with_alpha=True, deep=True),
    "gif": Capacity(
        side=65_535, frames=True, alpha=True, gray=True, gray_with_alpha=True, milliseconds=655_350, loops=2**16 - 1
    ),
}

_SIGNATURES: dict[bytes, Source] = {
    b"\x89PNG\r\n\x1a\n": "png",
    b"\xff\xd8\xff": "jpeg",
    b"GIF87a": "gif",
    b"GIF89a": "gif",
    b"BM": "bmp",
    b"II*\0": "tiff",
    b"MM\0*": "tiff",
    b"II+\0": "tiff",
    b"MM\0+": "tiff",
}
_AVIF_BRANDS = (b"avif", b"avis")


def sniff(start: bytes) -> Source:
    """Return the format of a file by its first `SNIFFED_BYTES` bytes. Raises UnsupportedImage."""
    for signature, source in _SIGNATURES.items():
        if start.startswith(signature):
            return source
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "webp"
    if start[4:8] == b"ftyp" and any(brand in start[8:] for brand in _AVIF_BRANDS):
        return "avif"
    raise UnsupportedImage(f"the bytes are no picture of a known format; {ACCEPTED}")
