"""Files that are no picture the service reads, each as harmless or hostile as one can be in a few bytes."""

import io
import struct
import zipfile
from collections.abc import Callable
from functools import cache

import imagecodecs
import numpy as np
from PIL import Image

from tests.fuzz.containers import BYTE, LONG, SHORT, Tag, box, grayscale_tags, tiff

_SMALL = np.arange(64, dtype=np.uint8).reshape(8, 8)


def _by_pillow(format_: str) -> bytes:
    target = io.BytesIO()
    Image.fromarray(_SMALL).convert("RGB").save(target, format_)
    return target.getvalue()


@cache
def ico() -> bytes:
    return _by_pillow("ICO")


@cache
def eps() -> bytes:
    return _by_pillow("EPS")


def postscript() -> bytes:
    """PostScript that reads a file: what Ghostscript would run, if anything called it."""
    return b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) (r) file 99 string readstring\nshowpage\n"


@cache
def pdf() -> bytes:
    return _by_pillow("PDF")


def svg() -> bytes:
    """A drawing with a script and an entity from outside."""
    return (
        b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
        b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script><text>&e;</text></svg>'
    )


def html() -> bytes:
    return b"<!doctype html><html><body onload=alert(1)><img src=x onerror=alert(1)></body></html>"


def psd() -> bytes:
    return b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, 8, 8, 8, 3) + bytes(12) + struct.pack(">H", 0) + bytes(192)


def heic() -> bytes:
    return box(b"ftyp", b"heic", bytes(4), b"mif1heic") + box(b"meta", bytes(4), box(b"hdlr", bytes(20))) + box(b"mdat")


@cache
def jpeg_2000() -> bytes:
    return bytes(imagecodecs.jpeg2k_encode(_SMALL))


@cache
def jpeg_xl() -> bytes:
    return bytes(imagecodecs.jpegxl_encode(_SMALL))


@cache
def ppm() -> bytes:
    return _by_pillow("PPM")


@cache
def tga() -> bytes:
    return _by_pillow("TGA")


def fits() -> bytes:
    cards = ("SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 2", "NAXIS1  = 8", "NAXIS2  = 8", "END")
    return "".join(card.ljust(80) for card in cards).ljust(2880).encode() + _SMALL.tobytes().ljust(2880, b"\0")


def elf() -> bytes:
    return b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0, 64, 0, 0, 64, 56, 1, 64, 0, 0)


@cache
def dng() -> bytes:
    """A camera's raw picture, which is a TIFF by its first bytes: a mosaic of colours, and a directory below."""
    raw = grayscale_tags(8, 8) | {
        254: Tag(LONG, [0]),
        262: Tag(SHORT, [32803]),
        33421: Tag(SHORT, [2, 2]),
        33422: Tag(BYTE, [0, 1, 1, 2]),
        50706: Tag(BYTE, [1, 4, 0, 0]),
    }
    return tiff([raw], _SMALL.tobytes())


@cache
def archive() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("../../escaped.txt", b"0" * 10_000)
    return target.getvalue()


def pickled() -> bytes:
    """A Python object that would run a command when loaded."""
    return b"cos\nsystem\n(S'true'\ntR."


def numpy_array() -> bytes:
    target = io.BytesIO()
    np.save(target, _SMALL)
    return target.getvalue()


DISGUISES: dict[str, Callable[[], bytes]] = {
    disguise.__name__.replace("_", " "): disguise
    for disguise in (
        ico,
        eps,
        postscript,
        pdf,
        svg,
        html,
        psd,
        heic,
        jpeg_2000,
        jpeg_xl,
        ppm,
        tga,
        fits,
        elf,
        dng,
        archive,
        pickled,
        numpy_array,
    )
}
"""Each kind by name."""
