"""Files to pictures, whatever their format."""

from typing import BinaryIO

from app.codecs import reading, tiff
from app.codecs.formats import SNIFFED_BYTES, Source, sniff
from app.codecs.picture import Header, Limits, Picture


def might_be_plain(file: BinaryIO) -> bool:
    """Tell whether a file may be looked into in a thread: a small PNG or JPEG. Raises UnsupportedImage."""
    source = _sniffed(file)
    return source in {"png", "jpeg"} and file.seek(0, 2) <= reading.PLAIN_BYTES


def inspect(file: BinaryIO, limits: Limits) -> Header:
    """Read a file's header, and no pixel. Raises UnsupportedImage, ImageTooLarge, ImageTooSmall, CorruptImage."""
    source = _sniffed(file)
    if source == "tiff":
        return tiff.inspect(file, limits)
    return reading.inspect(file, source, limits)


def decode(file: BinaryIO, header: Header, limits: Limits) -> Picture:
    """Decode a file that `inspect` let pass. Raises CorruptImage."""
    if header.format == "tiff":
        return tiff.read(file, limits)
    return reading.read(file, header)


def _sniffed(file: BinaryIO) -> Source:
    file.seek(0)
    return sniff(file.read(SNIFFED_BYTES))
