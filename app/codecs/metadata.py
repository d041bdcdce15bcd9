"""EXIF that may go on: without what described the file it came in, and without the place unless asked for.

EXIF is a small TIFF (CIPA DC-008, 4.5). Pillow would write it anew, and lose what is not ASCII, the types of unknown
values and the offsets in makers' notes: so what must go is blanked where it stands, and all else stays as it is.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from PIL.ExifTags import IFD, Base

from app.codecs.orientation import UPRIGHT, is_turned
from app.codecs.picture import Size

Metadata = Literal["no-gps", "all", "none"]
"""How much of a picture's EXIF the answer has; colour profile and resolution are not EXIF and always stay."""

DAMAGED = (ValueError, struct.error)
"""What is raised for EXIF that is none."""

PREFIX = b"Exif\0\0"
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
    Base.ImageResources, Base.InterColorProfile, Base.SubIFDs,
})  # fmt: skip
"""Tags of the first directory that describe how a TIFF or JPEG holds its pixels, or are carried in another way."""
_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
"""The size of each type's values."""
_SHORT, _LONG = 3, 4
_ENTRY_BYTES = 12
_INLINE_BYTES = 4
_LONGEST = 65_527
"""Bytes that fit into a JPEG's segment: more is refused for every format, so that none gets in which can't get out."""


class _Entry(NamedTuple):
    """A value of a directory: `field` is what stands in the entry, the value itself or where it is."""

    tag: int
    type: int
    values: int
    field: bytes

    @property
    def size(self) -> int:
        return _BYTES.get(self.type, 0) * self.values


@dataclass
class _Block:
    """EXIF being changed. Raises ValueError or struct.error where it does not keep to the form."""

    data: bytearray
    order: str

    @classmethod
    def of(cls, exif: bytes) -> "_Block":
        data = bytearray(exif.removeprefix(PREFIX))
        order = {b"II*\0": "<", b"MM\0*": ">"}.get(bytes(data[:4]))
        if order is None:
            raise ValueError("no TIFF header")
        return cls(data, order)

    @property
    def first(self) -> int:
        """Where the first directory is."""
        return self._long(self.data[4:8])

    def entries(self, at: int) -> list[_Entry]:
        """Return the entries of the directory at a place, those of unknown types left out."""
        found = [_Entry(*struct.unpack(self.order + "HHI4s", each)) for each in self._raw(at)]
        return [entry for entry in found if entry.type in _BYTES and self._end_of(entry) <= len(self.data)]

    def find(self, at: int, tag: int) -> _Entry | None:
        """Return a directory's entry."""
        return next((entry for entry in self.entries(at) if entry.tag == tag), None)

    def number(self, entry: _Entry | None) -> int | None:
        """Return the value of an entry that holds one whole number, None for any other."""
        if entry is None or entry.values != 1 or entry.type not in {_SHORT, _LONG, 13}:
            return None
        return int(struct.unpack_from(self.order + ("H" if entry.type == _SHORT else "I"), entry.field)[0])

    def keep(self, at: int, kept: list[_Entry]) -> None:
        """Leave these entries in the directory at a place, and no directory after it; blank what the others had."""
        raw = len(self._raw(at))
        tags = {entry.tag for entry in kept}
        for entry in self.entries(at):
            if entry.tag not in tags:
                self._blank_value(entry)
        packed = b"".join(struct.pack(self.order + "HHI4s", *entry) for entry in kept)
        whole = struct.pack(self.order + "H", len(kept)) + packed + bytes(4)
        self.data[at : at + 2 + raw * _ENTRY_BYTES + 4] = whole.ljust(2 + raw * _ENTRY_BYTES + 4, b"\0")

    def blank(self, at: int) -> None:
        """Blank a directory and its values."""
        self.keep(at, [])

    def after(self, at: int) -> int:
        """Return where the next directory is, 0 if there is none."""
        end = at + 2 + len(self._raw(at)) * _ENTRY_BYTES
        return self._long(self.data[end : end + 4])

    def write(self, at: int, tag: int, value: int) -> None:
        """Replace the whole number of an entry, if it is there and has room."""
        for index, raw in enumerate(self._raw(at)):
            entry = _Entry(*struct.unpack(self.order + "HHI4s", raw))
            if entry.tag == tag and self.number(entry) is not None and (entry.type != _SHORT or value < 2**16):
                kind = "H" if entry.type == _SHORT else "I"
                struct.pack_into(self.order + kind, self.data, at + 2 + index * _ENTRY_BYTES + 8, value)

    def _raw(self, at: int) -> list[bytes]:
        (count,) = struct.unpack_from(self.order + "H", self.data, at)
        start, end = at + 2, at + 2 + count * _ENTRY_BYTES
        if at < 8 or end + 4 > len(self.data):
            raise ValueError("a directory beyond the end")
        return [bytes(self.data[each : each + _ENTRY_BYTES]) for each in range(start, end, _ENTRY_BYTES)]

    def _end_of(self, entry: _Entry) -> int:
        return 0 if entry.size <= _INLINE_BYTES else self._long(entry.field) + entry.size

    def _blank_value(self, entry: _Entry) -> None:
        if entry.size > _INLINE_BYTES:
            start = self._long(entry.field)
            self.data[start : start + entry.size] = bytes(entry.size)

    def _long(self, field: bytes | bytearray) -> int:
        return int(struct.unpack(self.order + "I", field)[0])


def describes_pixels(tag: int) -> bool:
    """Tell whether a tag of the first directory is about how the file holds its pixels."""
    return tag in _STRUCTURE


def orientation_of(exif: bytes) -> int:
    """Return the orientation, 1 where it is missing or none of the eight. Raises one of `DAMAGED`."""
    block = _Block.of(exif)
    found = block.number(block.find(block.first, Base.Orientation))
    return found if found is not None and 1 <= found <= 8 else UPRIGHT


def says_resolution(exif: bytes) -> bool:
    """Tell whether EXIF has a resolution. Raises one of `DAMAGED`."""
    block = _Block.of(exif)
    return block.find(block.first, Base.XResolution) is not None


def portable(exif: bytes, upright: Size) -> bytes | None:
    """Return EXIF that is right for the upright picture of that size, None where nothing is left.

    Orientation, the thumbnail and everything about how the file held its pixels is blanked. Raises one of `DAMAGED`,
    ValueError too for more than fits into a JPEG.
    """
    block = _Block.of(exif)
    turned = is_turned(orientation_of(exif))
    thumbnail = block.after(block.first)
    if thumbnail:
        _blank_thumbnail(block, thumbnail)
    entries = block.entries(block.first)
    details = block.number(block.find(block.first, IFD.Exif))
    kept = list(_kept(entries, turned))
    block.keep(block.first, kept)
    if details:
        block.write(details, Base.ExifImageWidth, upright.width)
        block.write(details, Base.ExifImageHeight, upright.height)
    if len(block.data) > _LONGEST:
        raise ValueError(f"EXIF of {len(block.data)} bytes")
    if not kept:
        return None
    portable_ = PREFIX + bytes(block.data)
    chosen(portable_, "no-gps")  # what is wrong with that must be found here, not when the answer is made
    return portable_


def chosen(exif: bytes | None, metadata: Metadata) -> tuple[bytes | None, list[str]]:
    """Return what `metadata` leaves of portable EXIF, and what was lost without being asked to."""
    if exif is None or metadata == "none":
        return None, []
    block = _Block.of(exif)
    place = block.find(block.first, IFD.GPSInfo)
    if metadata == "all" or place is None:
        return exif, []
    if where := block.number(place):
        block.blank(where)
    kept = [entry for entry in block.entries(block.first) if entry.tag != IFD.GPSInfo]
    block.keep(block.first, kept)
    told = ["EXIF's GPS position was dropped; metadata=all keeps it"]
    return (PREFIX + bytes(block.data) if kept else None), told


def _blank_thumbnail(block: _Block, at: int) -> None:
    start, length = (block.number(block.find(at, tag)) for tag in (Base.JpegIFOffset, Base.JpegIFByteCount))
    if start and length and start + length <= len(block.data):
        block.data[start : start + length] = bytes(length)
    block.blank(at)


def _kept(entries: list[_Entry], turned: bool) -> Iterator[_Entry]:
    """Yield the entries that may stay, with the two resolutions exchanged where the picture lay on its side."""
    across, down = Base.XResolution, Base.YResolution
    both = {across, down} <= {entry.tag for entry in entries}
    resolutions: dict[int, int] = {across: down, down: across} if turned and both else {}
    moved = [entry._replace(tag=resolutions.get(entry.tag, entry.tag)) for entry in entries]
    yield from sorted((entry for entry in moved if entry.tag not in _STRUCTURE), key=lambda entry: entry.tag)
