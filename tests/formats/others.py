"""Formats that are not read."""

from collections.abc import Iterator

from tests.formats.case import Case, refused
from tests.fuzz.disguises import DISGUISES

OTHERS = "Other formats"
_NAMES = {
    "svg": "SVG", "pdf": "PDF", "ico": "ICO", "eps": "EPS", "psd": "PSD", "jpeg 2000": "JPEG 2000",
    "jpeg xl": "JPEG XL", "heic": "HEIC", "ppm": "PPM", "tga": "TGA", "dng": "DNG (a camera's raw file)",
}  # fmt: skip


def cases() -> Iterator[Case]:
    for disguise, name in _NAMES.items():
        yield refused(OTHERS, name, DISGUISES[disguise](), "unsupported_image")
