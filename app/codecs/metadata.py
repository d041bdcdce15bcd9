"""EXIF that may go on: without what described the file it came in, and without the place unless asked for."""

import struct
from typing import Any, Literal

from PIL import Image
from PIL.ExifTags import IFD, Base

from app.codecs.orientation import UPRIGHT, is_turned
from app.codecs.picture import Size

Metadata = Literal["no-gps", "all", "none"]
"""How much of a picture's EXIF the answer has; colour profile and resolution are not EXIF and always stay."""

DAMAGED = (KeyError, OSError, SyntaxError, TypeError, ValueError, struct.error)
"""What Pillow raises for EXIF that is none."""

_POINTERS = frozenset({IFD.Exif, IFD.GPSInfo, Base.ExifInteroperabilityOffset, Base.SubIFDs})
_STRUCTURE = frozenset({
    Base.NewSubfileType, Base.SubfileType, Base.ImageWidth, Base.ImageLength, Base.BitsPerSample, Base.Compression,
    Base.PhotometricInterpretation, Base.Thresholding, Base.CellWidth, Base.CellLength, Base.FillOrder,
    Base.StripOffsets, Base.Orientation, Base.SamplesPerPixel, Base.RowsPerStrip, Base.StripByteCounts,
    Base.MinSampleValue, Base.MaxSampleValue, Base.PlanarConfiguration, Base.GrayResponseUnit, Base.GrayResponseCurve,
    Base.T4Options, Base.T6Options, Base.PageNumber, Base.TransferFunction, Base.Predictor, Base.ColorMap,
    Base.HalftoneHints, Base.TileWidth, Base.TileLength, Base.TileOffsets, Base.TileByteCounts, Base.InkSet,
    Base.InkNames, Base.NumberOfInks, Base.DotRange, Base.TargetPrinter, Base.ExtraSamples, Base.SampleFormat,
    Base.SMinSampleValue, Base.SMaxSampleValue, Base.TransferRange, Base.JPEGTables, Base.JPEGProc,
    Base.JpegIFOffset, Base.JpegIFByteCount, Base.JpegRestartInterval, Base.JpegLosslessPredictors,
    Base.JpegPointTransforms, Base.JpegQTables, Base.JpegDCTables, Base.JpegACTables, Base.YCbCrCoefficients,
    Base.YCbCrSubSampling, Base.YCbCrPositioning, Base.ReferenceBlackWhite, Base.XMLPacket, Base.IPTCNAA,
    Base.ImageResources, Base.InterColorProfile,
})  # fmt: skip
"""Tags of the first directory that describe how a TIFF or JPEG holds its pixels, or are carried in another way."""
_TURNED: dict[int, int] = {Base.XResolution: Base.YResolution, Base.YResolution: Base.XResolution}
_LONGEST = 65_527
"""Bytes that fit into a JPEG's segment: more is refused for every format, so that none gets in which can't get out."""


def describes_pixels(tag: int) -> bool:
    """Tell whether a tag of the first directory is about how the file holds its pixels."""
    return tag in _STRUCTURE


def orientation_of(exif: Image.Exif) -> int:
    """Return the orientation, 1 where it is missing or none of the eight."""
    found = exif.get(Base.Orientation, UPRIGHT)
    return found if isinstance(found, int) and 1 <= found <= 8 else UPRIGHT


def portable(exif: Image.Exif, upright: Size) -> bytes | None:
    """Return EXIF that is right for the upright picture of that size, None where nothing is left.

    Orientation, the thumbnail and everything about how the file held its pixels is left out. Raises one of `DAMAGED`,
    ValueError too for more than fits into a JPEG.
    """
    if not exif:
        return None
    kept = Image.Exif()
    turned = _TURNED if is_turned(orientation_of(exif)) else {}
    for tag, value in exif.items():
        if tag not in _STRUCTURE and tag not in _POINTERS:
            kept[turned.get(tag, tag)] = value
    details = dict(exif.get_ifd(IFD.Exif))
    for tag, length in ((Base.ExifImageWidth, upright.width), (Base.ExifImageHeight, upright.height)):
        if tag in details:
            details[tag] = length
    return _written(kept, details, dict(exif.get_ifd(IFD.GPSInfo)))


def chosen(exif: bytes | None, metadata: Metadata) -> tuple[bytes | None, list[str]]:
    """Return what `metadata` leaves of EXIF, and what was lost without being asked to."""
    if exif is None or metadata == "none":
        return None, []
    if metadata == "all":
        return exif, []
    read = Image.Exif()
    read.load(exif)
    if not read.get_ifd(IFD.GPSInfo):
        return exif, []
    kept = Image.Exif()
    for tag, value in read.items():
        if tag not in _POINTERS:
            kept[tag] = value
    return _written(kept, dict(read.get_ifd(IFD.Exif)), {}), ["EXIF's GPS position was dropped; metadata=all keeps it"]


def _written(exif: Image.Exif, details: dict[int, Any], place: dict[int, Any]) -> bytes | None:
    """Return the EXIF with its sub-directories as bytes."""
    if not (exif or details or place):
        return None
    for pointer, directory in ((IFD.Exif, details), (IFD.GPSInfo, place)):
        if directory:
            exif.get_ifd(pointer).update(directory)
    written = exif.tobytes()
    if len(written) > _LONGEST:
        raise ValueError(f"EXIF of {len(written)} bytes")
    return written
