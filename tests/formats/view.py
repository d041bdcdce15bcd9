"""What a viewer that is not ours shows of a file, and what else it finds in it."""

import io
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import imagecodecs
import numpy as np
import tifffile
from PIL import Image, ImageSequence
from PIL.ExifTags import IFD, TAGS, Base

from tests.formats.arrays import Samples

TEXTS = (
    Base.ImageDescription, Base.Make, Base.Model, Base.Software, Base.DateTime, Base.Artist, Base.Copyright,
)  # fmt: skip
DETAILS = (Base.DateTimeOriginal, Base.LensModel, Base.ISOSpeedRatings)
_COLOUR_CHUNKS = (b"cHRM", b"gAMA", b"sRGB", b"cICP")
_SRGB, _UNSPECIFIED = (1, 13), (2, 2)
"""Primaries and curve as ITU-T H.273 numbers them."""
_ASSOCIATED = 1
_INCHES = {2: 1.0, 3: 2.54}


@dataclass(frozen=True)
class Notes:
    """What a file says beside its pixels. `other` names what it holds of XMP, IPTC, text and PNG's chunks on colour."""

    icc: bytes | None = None
    dpi: tuple[float, float] | None = None
    exif: Mapping[str, object] = field(default_factory=dict)
    gps: bool = False
    orientation: int = 1
    other: frozenset[str] = frozenset()


@dataclass(frozen=True)
class View:
    """What is seen of a file: upright frames on the full range of 8 or 16 bits.

    `bits` are those of a sample in the file, `stored` says how it holds pixels if not as they are seen ("palette",
    "CMYK"). `times` are milliseconds, none for a still or for pages; `loop` is 0 for ever. `premultiplied`: the frames
    are multiplied with alpha.
    """

    format: str
    frames: tuple[Samples, ...]
    notes: Notes
    bits: int = 8
    stored: str = ""
    times: tuple[int, ...] = ()
    loop: int = 1
    premultiplied: bool = False
    lossless: bool = True

    @property
    def kinds(self) -> list[str]:
        """The kinds of its frames, each once."""
        names = {1: "gray", 2: "gray + alpha", 3: "RGB", 4: "RGBA"}
        every = [f"{names[frame.shape[2]]}, {8 * frame.itemsize} bits" for frame in self.frames]
        return list(dict.fromkeys(every))


def view(file: bytes) -> View:
    """Return what other software makes of a PNG, JPEG, WebP, AVIF, GIF or TIFF as the service writes them."""
    format_ = format_of(file)
    if format_ == "tiff":
        return _tiff_view(file)
    with Image.open(io.BytesIO(file)) as image:
        count = 1 if format_ == "jpeg" else getattr(image, "n_frames", 1)
        loop = _avif_loop(file) if format_ == "avif" else image.info.get("loop", 1)
        animation = [] if count == 1 and format_ != "gif" else list(_shown(image))
    still = not animation
    frames = (_still(file, format_),) if still else _without_needless(tuple(frame for frame, _ in animation), format_)
    times = tuple(time for _, time in animation) if count > 1 else ()
    bits = _avif_bits(file) if format_ == "avif" else 8 * frames[0].itemsize
    if bits in (10, 12):
        frames = tuple(np.rint(frame * (65535 / (2**bits - 1))).astype(np.uint16) for frame in frames)
    lossless = format_ in {"png", "gif"} or (format_ == "webp" and b"VP8 " not in file)
    return View(format_, frames, notes(file), bits, times=times, loop=loop if times else 1, lossless=lossless)


def format_of(file: bytes) -> str:
    """Return the name of a format that Pillow knows."""
    if file[:4] in {b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"}:
        return "tiff"
    with Image.open(io.BytesIO(file)) as image:
        return {"MPO": "jpeg"}.get(image.format, image.format.lower())


def notes(file: bytes) -> Notes:
    """Return what a file says beside its pixels."""
    if format_of(file) == "tiff":
        return _tiff_notes(file)
    with Image.open(io.BytesIO(file)) as image:
        image.load()  # a PNG may say more after its pixels
        exif = image.getexif()
        details = exif.get_ifd(IFD.Exif)
        found = {TAGS[tag]: exif[tag] for tag in TEXTS if tag in exif}
        found |= {TAGS[tag]: details[tag] for tag in DETAILS if tag in details}
        return Notes(
            image.info.get("icc_profile"),
            _resolution(image, exif),
            found,
            bool(exif.get_ifd(IFD.GPSInfo)),
            exif.get(Base.Orientation, 1),
            frozenset(_other(image, file)),
        )


def _resolution(image: Image.Image, exif: Image.Exif) -> tuple[float, float] | None:
    """Return what Pillow reads; for a JPEG that does not say, it would make up 72."""
    said = image.format not in {"JPEG", "MPO"} or image.info.get("jfif_unit") or Base.XResolution in exif
    return image.info.get("dpi") if said else None


def _other(image: Image.Image, file: bytes) -> Iterator[str]:
    if "xmp" in image.info:
        yield "XMP"
    if image.info.get("photoshop"):
        yield "IPTC"
    if image.info.get("comment") or getattr(image, "text", {}).keys() - {"XML:com.adobe.xmp"}:
        yield "text"
    if image.format == "MPO":
        yield "further pictures"
    if image.format == "AVIF" and b"colrnclx" in file:
        at = file.index(b"colrnclx") + 8
        if struct.unpack_from(">HH", file, at) not in {_SRGB, _UNSPECIFIED}:
            yield "primaries"
    if image.format == "PNG":
        yield from (kind.decode() for kind in _png_kinds(file) if kind in _COLOUR_CHUNKS)


def _png_kinds(file: bytes) -> Iterator[bytes]:
    at = 8
    while at + 8 <= len(file):
        length, kind = struct.unpack_from(">I4s", file, at)
        yield kind
        at += 12 + length


def _still(file: bytes, format_: str) -> Samples:
    """Return the only frame, by another library than the service decodes or encodes with."""
    decode = {
        "png": imagecodecs.png_decode,
        "jpeg": imagecodecs.jpeg8_decode,
        "webp": imagecodecs.webp_decode,
        "avif": imagecodecs.avif_decode,
    }[format_]
    samples = decode(file)
    return samples.reshape(*samples.shape[:2], -1)


def _avif_bits(file: bytes) -> int:
    """Return the bits of a sample by the codec's configuration (AV1-ISOBMFF 2.3.3)."""
    flags = file[file.index(b"av1C") + 6]
    return (12 if flags & 0x20 else 10) if flags & 0x40 else 8


def _avif_loop(file: bytes) -> int:
    """Return 0 for a sequence that is played for ever by its edit list (ISO/IEC 14496-12, 8.6.6), else 1."""
    return 0 if b"elst" in file and file[file.index(b"elst") + 7] & 1 else 1


def _shown(image: Image.Image) -> Iterator[tuple[Samples, int]]:
    for frame in ImageSequence.Iterator(image):
        seen = frame.convert("RGBA") if image.format == "GIF" else frame
        samples = np.asarray(seen)
        yield samples.reshape(*samples.shape[:2], -1), round(frame.info.get("duration", 0))


def _without_needless(frames: tuple[Samples, ...], format_: str) -> tuple[Samples, ...]:
    """Return frames of a GIF or WebP without what they have to have: an alpha that hides nothing, a palette of gray."""
    if format_ not in {"gif", "webp"}:
        return frames
    opaque = all(frame.shape[2] == 4 and frame[..., 3].min() == 255 for frame in frames)
    gray = format_ == "gif" and all(np.ptp(frame[..., :3], axis=2).max() == 0 for frame in frames)
    channels = ([0] if gray else [0, 1, 2]) + ([] if opaque or frames[0].shape[2] == 3 else [3])
    return tuple(frame[..., channels] for frame in frames)


def _tiff_view(file: bytes) -> View:
    """Return a TIFF's pages as libtiff reads them."""
    with tifffile.TiffFile(io.BytesIO(file)) as tiff:
        count, premultiplied = len(tiff.pages), tiff.pages.first.extrasamples[:1] == (_ASSOCIATED,)
    pages = [imagecodecs.tiff_decode(file, index=index) for index in range(count)]
    frames = tuple(page.reshape(*page.shape[:2], -1) for page in pages)
    bits = 8 * max(frame.itemsize for frame in frames)
    return View("tiff", frames, notes(file), bits, premultiplied=premultiplied)


def _tiff_notes(file: bytes) -> Notes:
    with tifffile.TiffFile(io.BytesIO(file)) as tiff:
        page = tiff.pages.first
        tags = {tag.code: tag.value for tag in page.tags}
        details = tags.get(IFD.Exif) or {}
        found = {TAGS[tag]: tags[tag] for tag in TEXTS if tag in tags}
        found |= {TAGS[tag]: details[tag.name] for tag in DETAILS if tag.name in details}
        others = {name for name, tag in {"XMP": Base.XMLPacket, "IPTC": Base.IPTCNAA}.items() if tag in tags}
        if any(other.aspage().iccprofile != page.iccprofile for other in tiff.pages):
            others.add("profiles of pages")
        gps = bool(tags.get(IFD.GPSInfo))
        return Notes(page.iccprofile, _dpi(tags), found, gps, tags.get(Base.Orientation, 1), frozenset(others))


def _dpi(tags: Mapping[int, object]) -> tuple[float, float] | None:
    scale = _INCHES.get(int(tags.get(Base.ResolutionUnit, 2)))
    if scale is None or Base.XResolution not in tags:
        return None
    return tuple(scale * float(Fraction(*tags[tag])) for tag in (Base.XResolution, Base.YResolution))
