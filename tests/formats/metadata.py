"""What files say beside their pixels: place, orientation, texts, and nothing at all."""

import struct
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from PIL import Image, TiffImagePlugin, TiffTags
from PIL.ExifTags import IFD, Base
from PIL.PngImagePlugin import PngInfo

from tests.formats.arrays import RGB
from tests.formats.case import DPI, IDENTICAL, LOSSY_DB, Case, exif, image_of, profile_for, saved
from tests.formats.view import View, format_of, notes, view

_LOSSLESS = {"WEBP": {"lossless": True, "exact": True}}
_LOSSY = {"JPEG": {"quality": 95, "subsampling": 0}, "AVIF": {"quality": 95, "speed": 9, "subsampling": "4:4:4"}}
_WITH_EXIF = ("PNG", "JPEG", "WEBP", "AVIF", "TIFF")
_XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"></x:xmpmeta>'
_IPTC = b"\x1c\x02\x78\x00\x05A cat"
_RESOURCES = b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0\0\0\0\x0a" + _IPTC
_UPRIGHT = {
    1: lambda frame: frame,
    2: np.fliplr,
    3: lambda frame: np.rot90(frame, 2),
    4: np.flipud,
    5: lambda frame: frame.swapaxes(0, 1),
    6: lambda frame: np.rot90(frame, -1),
    7: lambda frame: np.rot90(frame, 2).swapaxes(0, 1),
    8: np.rot90,
}
"""How a viewer turns what lies in a file of each orientation (EXIF 2.32, tag 0x0112)."""


def cases() -> Iterator[Case]:
    for format_ in (*_WITH_EXIF, "GIF", "BMP"):
        yield _case(format_, "nothing but pixels")
    for format_ in _WITH_EXIF:
        described = {"icc_profile": profile_for(3), "dpi": DPI, **_exif_with_place(format_)}
        for choice in ("no-gps", "all", "none"):
            yield _case(format_, "EXIF with the place", {"metadata": choice}, **described)
    for format_ in _WITH_EXIF:
        for orientation in range(2, 9):
            yield _case(format_, f"orientation {orientation}", exif=exif(orientation), dpi=DPI)
    yield from _texts()
    yield from _colour_chunks()


def _texts() -> Iterator[Case]:
    text, xmp = PngInfo(), PngInfo()
    text.add_text("Comment", "A cat")
    text.add_text("Title", "A long one", zip=True)
    xmp.add_itxt("XML:com.adobe.xmp", _XMP.decode())
    yield _case("PNG", "texts", pnginfo=text)
    yield _case("JPEG", "a comment", comment="A cat")
    yield _case("GIF", "a comment", comment="A cat")
    yield _case("PNG", "XMP", pnginfo=xmp)
    for format_ in ("JPEG", "WEBP", "AVIF"):
        yield _case(format_, "XMP", xmp=_XMP)
    yield _case("TIFF", "XMP", tiffinfo=_tags({Base.XMLPacket: _XMP}))
    segment = b"\xff\xed" + (2 + len(_RESOURCES)).to_bytes(2, "big") + _RESOURCES
    yield _case("JPEG", "IPTC", extra=segment)
    yield _case("TIFF", "IPTC", tiffinfo=_tags({Base.IPTCNAA: _IPTC}))


def _colour_chunks() -> Iterator[Case]:
    kinds = {
        "gAMA and cHRM": {
            b"gAMA": struct.pack(">I", 55_556),
            b"cHRM": struct.pack(">8I", 31_270, 32_900, 68_000, 32_000, 26_500, 69_000, 15_000, 6_000),
        },
        "sRGB": {b"sRGB": b"\0"},
        "cICP": {b"cICP": bytes([12, 13, 0, 1])},
    }
    for name, chunks in kinds.items():
        said = PngInfo()
        for kind, data in chunks.items():
            said.add(kind, data)
        yield _case("PNG", name, pnginfo=said)
        yield _case("PNG", name, {"format": "webp"}, pnginfo=said)


def _exif_with_place(format_: str) -> dict[str, object]:
    """Return Pillow's option; in a TIFF, it writes the directories below the first only if they are given as such."""
    written = exif(gps=True)
    if format_ != "TIFF":
        return {"exif": written}
    directory = TiffImagePlugin.ImageFileDirectory_v2()
    directory.update(written)
    for pointer in (IFD.Exif, IFD.GPSInfo):
        directory[pointer], directory.tagtype[pointer] = dict(written.get_ifd(pointer)), TiffTags.LONG
    return {"tiffinfo": directory}


def _tags(values: dict[int, bytes]) -> TiffImagePlugin.ImageFileDirectory_v2:
    directory = TiffImagePlugin.ImageFileDirectory_v2()
    for tag, value in values.items():
        directory[tag] = value
        directory.tagtype[tag] = TiffTags.BYTE
    return directory


def _case(format_: str, name: str, options: dict[str, str] | None = None, **described: object) -> Case:
    """Return a case of RGB in a file by Pillow; `expected` follows from the formats on both sides."""
    chosen = options or {}
    lossy = format_ in _LOSSY or chosen.get("format") in {"jpeg", "webp", "avif"}
    file = saved(_few(format_), format_, **described | _LOSSLESS.get(format_, {}) | _LOSSY.get(format_, {}))
    title = {"WEBP": "WebP"}.get(format_, format_)
    silent = frozenset({"EXIF", "GPS position"} if chosen.get("metadata") == "none" else ())
    expected = LOSSY_DB if lossy else IDENTICAL
    return Case("Metadata", f"{title}, {name}", file, _seen(file), expected, chosen, silent)


def _few(format_: str) -> Image.Image:
    return image_of(RGB).quantize(64) if format_ == "GIF" else image_of(RGB)


def _seen(file: bytes) -> View:
    """Return what is seen of a file: its pixels by another reader, turned as its orientation says."""
    shown = _bmp_view(file) if file[:2] == b"BM" else view(file)
    turn = _UPRIGHT[shown.notes.orientation]
    dpi = shown.notes.dpi[::-1] if shown.notes.dpi and shown.notes.orientation > 4 else shown.notes.dpi
    said = replace(shown.notes, dpi=dpi, orientation=1)
    return replace(shown, frames=tuple(np.ascontiguousarray(turn(frame)) for frame in shown.frames), notes=said)


def _bmp_view(file: bytes) -> View:
    return View(format_of(file), (RGB,), notes(file))
