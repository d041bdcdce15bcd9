"""TIFF to pictures and back, every page at its own depth, by tifffile: see docs/decisions/0009-formats.md."""

import io
import struct
from collections.abc import Sequence
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.ExifTags import IFD, Base
from tifffile import COMPRESSION, EXTRASAMPLE, PHOTOMETRIC, TiffFile, TiffFileError, TiffPage, TiffTag, TiffWriter

from app.codecs.colour import ToSrgb
from app.codecs.errors import corrupt
from app.codecs.metadata import PREFIX, describes_pixels, portable
from app.codecs.orientation import upright, upright_resolution, upright_size
from app.codecs.picture import MAX_DPI, Frame, Header, Limits, Picture, Size
from app.errors import ImageTooLarge, UnsupportedImage
from models.pixels import Samples, to_8_bits

CORRUPTION = (
    AttributeError, EOFError, IndexError, KeyError, OSError, OverflowError, RuntimeError, TiffFileError, TypeError,
    ValueError, ZeroDivisionError, struct.error,
)  # fmt: skip
"""What tifffile and the decompressors raise for files that are not what they say."""

_DEPTHS = (1, 2, 4, 8, 16)
_UNSIGNED = 1
_REDUCED, _MASK = 1, 4
_COLOURS = {
    PHOTOMETRIC.MINISWHITE: 1,
    PHOTOMETRIC.MINISBLACK: 1,
    PHOTOMETRIC.PALETTE: 1,
    PHOTOMETRIC.RGB: 3,
    PHOTOMETRIC.YCBCR: 3,
    PHOTOMETRIC.SEPARATED: 4,
}
_ALPHAS = ((EXTRASAMPLE.ASSOCALPHA,), (EXTRASAMPLE.UNASSALPHA,))
_SKIPPED_PAGES = 100
"""Thumbnails and masks that are passed over before a file counts as one of too many pages."""
_CENTIMETRES = {2: 1.0, 3: 2.54}
_LEAST_DPI = 1.0
"""Many files say 1 and an inch, and mean that they don't know."""
_TEXTS = (
    Base.ImageDescription, Base.Make, Base.Model, Base.Software, Base.DateTime, Base.Artist, Base.Copyright,
)  # fmt: skip
_SAID_OTHERWISE = frozenset({Base.XResolution, Base.YResolution, Base.ResolutionUnit})
_DIRECTORIES = (IFD.Exif, IFD.GPSInfo)
_DAMAGED = (
    AttributeError, KeyError, OSError, OverflowError, SyntaxError, TypeError, ValueError, ZeroDivisionError,
    struct.error,
)  # fmt: skip
"""What Pillow raises for EXIF that is none."""
_ASCII = 2
_DROPPED = {
    "XMP was dropped": (Base.XMLPacket,),
    "Photoshop's and IPTC's fields were dropped": (Base.IPTCNAA, Base.ImageResources),
}


def inspect(file: BinaryIO, limits: Limits) -> Header:
    """Read the header of every page, and no pixel. Raises as app.codecs.reading.inspect does."""
    try:
        with _open(file) as tiff:
            pages = _pages(tiff, limits)
            sizes = tuple(Size(page.imagelength, page.imagewidth) for page in pages)
            for size in sizes:
                limits.check(size.width, size.height)
            limits.check_pixels(sum(size.pixels for size in sizes), f"{len(sizes)} pages together")
            for page in pages:
                _check_kind(page)
            return Header("tiff", sizes, 16 if any(page.bitspersample == 16 for page in pages) else 8)
    except CORRUPTION as error:
        raise corrupt("tiff") from error


def read(file: BinaryIO, limits: Limits) -> Picture:
    """Decode a file that `inspect` let pass. Raises CorruptImage."""
    try:
        with _open(file) as tiff:
            pages = _pages(tiff, limits)
            warnings: list[str] = []
            frames = tuple(_frame(page, warnings) for page in pages)
            exif, told = _exif_of_big(pages[0]) if tiff.is_bigtiff else _exif(file, pages[0])
            if len(list(tiff.pages)) > len(pages):
                told.append("reduced copies and masks of the pages were dropped")
            if len({(page.iccprofile, _resolution(page)) for page in pages}) > 1:
                told.append("the first page's colour profile and resolution stand for all pages")
            if len({page.extrasamples[:1] for page in pages if page.extrasamples}) > 1:
                told.append("the first page's kind of alpha stands for all pages")
            told += [word for word, tags in _DROPPED.items() if any(tag in page.tags for page in pages for tag in tags)]
            return Picture(
                frames,
                "tiff",
                premultiplied=pages[0].extrasamples[:1] == (EXTRASAMPLE.ASSOCALPHA,),
                icc=None if pages[0].photometric == PHOTOMETRIC.SEPARATED else pages[0].iccprofile,
                dpi=_resolution(pages[0]),
                exif=exif,
                warnings=tuple(dict.fromkeys([*warnings, *told])),
            )
    except CORRUPTION as error:
        raise corrupt("tiff") from error


def _open(file: BinaryIO) -> TiffFile:
    file.seek(0)
    return TiffFile(file)


def _pages(tiff: TiffFile, limits: Limits) -> list[TiffPage]:
    """Return the pages at full resolution, looking at no more than could be taken. Raises ImageTooLarge."""
    found: list[TiffPage] = []
    most = limits.frames + _SKIPPED_PAGES
    for index in range(most + 1):
        try:
            page = tiff.pages[index]
        except IndexError:
            break
        whole = page if isinstance(page, TiffPage) else page.aspage()
        if not whole.subfiletype & (_REDUCED | _MASK):
            found.append(whole)
        if len(found) > limits.frames:
            raise _too_many(limits, len(found))
    else:
        raise _too_many(limits, most + 1)
    if not found:
        raise UnsupportedImage(
            "the TIFF has no page at full resolution (a camera's raw file?); send a developed picture"
        )
    return found


def _too_many(limits: Limits, pages: int) -> ImageTooLarge:
    most = f"{limits.frames} pages, and {_SKIPPED_PAGES} reduced copies or masks, are taken at most: send fewer"
    return ImageTooLarge(most, limit=limits.frames, value=pages)


def _check_kind(page: TiffPage) -> None:
    colours = _COLOURS.get(PHOTOMETRIC(page.photometric)) if page.photometric in list(PHOTOMETRIC) else None
    if colours is None or (page.photometric == PHOTOMETRIC.YCBCR and page.compression != COMPRESSION.JPEG):
        raise UnsupportedImage("the TIFF's kind of colours is not read; send gray, RGB, palette or CMYK")
    if page.sampleformat != _UNSIGNED or page.bitspersample not in _DEPTHS:
        kind = {2: "signed", 3: "float", 5: "complex", 6: "complex"}.get(page.sampleformat, "unsigned")
        raise UnsupportedImage(
            f"the TIFF has {kind} samples of {page.bitspersample} bits; send unsigned ones of 8 or 16 bits"
        )
    if page.samplesperpixel not in (colours, colours + 1) or page.imagedepth != 1:
        raise UnsupportedImage(
            f"the TIFF has {page.samplesperpixel} samples a pixel; send gray, RGB or CMYK, with one of alpha at most"
        )


def _frame(page: TiffPage, warnings: list[str]) -> Frame:
    """Return the pixels of one page, upright; what was converted goes into `warnings`."""
    samples = page.asarray()
    if page.planarconfig != 1 and samples.ndim == 3:
        samples = np.moveaxis(samples, 0, 2)
    samples = samples.reshape(page.imagelength, page.imagewidth, page.samplesperpixel)
    colours = _COLOURS[PHOTOMETRIC(page.photometric)]
    whole = _full_range(samples, page, warnings)
    pixels = _coloured(whole[..., :colours], page, warnings)
    orientation = _orientation(page)
    if page.samplesperpixel == colours:
        return Frame(upright(pixels, orientation))
    if page.extrasamples[:1] not in _ALPHAS:
        warnings.append("a channel that is not said to be alpha was dropped")
        return Frame(upright(pixels, orientation))
    alpha = whole[..., colours] if pixels.dtype == whole.dtype else to_8_bits(whole[..., colours])
    return Frame(upright(pixels, orientation), upright(alpha, orientation))


def _full_range(samples: npt.NDArray[np.generic], page: TiffPage, warnings: list[str]) -> Samples:
    """Return samples of 1, 2 and 4 bits as 8, those of 8 and 16 as they are; those of palettes stay numbers."""
    bits = page.bitspersample
    if bits == 16:
        return np.asarray(samples, dtype=np.uint16)
    whole: Samples = np.asarray(samples, dtype=np.uint8)
    if bits == 8 or page.photometric == PHOTOMETRIC.PALETTE:
        return whole
    warnings.append(f"{bits}-bit became 8-bit")
    return np.asarray(whole * np.uint8(255 // (2**bits - 1)), dtype=np.uint8)


def _coloured(samples: Samples, page: TiffPage, warnings: list[str]) -> Samples:
    """Return gray (H, W, 1) or RGB (H, W, 3) of what the samples stand for."""
    if page.photometric == PHOTOMETRIC.MINISWHITE:
        return np.invert(samples)
    if page.photometric == PHOTOMETRIC.PALETTE:
        if page.colormap is None:
            raise ValueError("a palette picture without its palette")
        warnings.append("palette became RGB")
        colours = np.asarray(page.colormap >> 8, dtype=np.uint8).T
        return np.asarray(colours[samples[..., 0]])
    if page.photometric == PHOTOMETRIC.SEPARATED:
        convert = ToSrgb(page.iccprofile, "CMYK")
        how = "by its colour profile" if convert.exact else "without a colour profile"
        warnings.append(f"CMYK became sRGB {how}, 8 bits")
        return np.asarray(convert(Image.fromarray(to_8_bits(samples), "CMYK")))
    return samples


def _orientation(page: TiffPage) -> int:
    tag = page.tags.get("Orientation")
    return tag.value if tag is not None and tag.value in range(1, 9) else 1


def _resolution(page: TiffPage) -> tuple[float, float] | None:
    """Return dots an inch across and down, None where the file gives no unit."""
    unit = page.tags.get("ResolutionUnit")
    scale = _CENTIMETRES.get(int(unit.value) if unit is not None else 2)
    across, down = (_ratio(page.tags.get(name)) for name in ("XResolution", "YResolution"))
    if scale is None or not all(_LEAST_DPI < each * scale <= MAX_DPI for each in (across, down)):
        return None
    return upright_resolution((across * scale, down * scale), _orientation(page))


def _ratio(tag: TiffTag | None) -> float:
    return tag.value[0] / tag.value[1] if tag is not None and tag.value[1] else 0.0


def _exif(file: BinaryIO, page: TiffPage) -> tuple[bytes | None, list[str]]:
    """Return what the first directory says beside how it holds the pixels: EXIF has the structure of a TIFF."""
    try:
        file.seek(0)
        packed = _packed(file.read())
        if packed is None:
            return None, []
        size = upright_size(Size(page.imagelength, page.imagewidth), _orientation(page))
        return portable(packed.tobytes(), size), _spoilt_texts(packed)
    except _DAMAGED:
        return None, ["EXIF that is damaged or too long was dropped"]


def _packed(file: bytes) -> Image.Exif | None:
    """Return the values that are no part of the picture, by themselves."""
    whole, packed = Image.Exif(), Image.Exif()
    whole.load(PREFIX + file)
    for tag, value in whole.items():
        if not describes_pixels(tag) and tag not in _DIRECTORIES:
            packed[tag] = value
    for pointer in _DIRECTORIES:
        if values := whole.get_ifd(pointer):
            packed.get_ifd(pointer).update(values)
    return packed if packed or any(packed.get_ifd(pointer) for pointer in _DIRECTORIES) else None


def _spoilt_texts(exif: Image.Exif) -> list[str]:
    """Return a word on what Pillow can't write: it knows ASCII alone."""
    values = [*exif.values(), *(value for pointer in _DIRECTORIES for value in exif.get_ifd(pointer).values())]
    spoilt = any(isinstance(value, str) and not value.isascii() for value in values)
    return ["EXIF's letters that are not ASCII became question marks"] if spoilt else []


def _exif_of_big(page: TiffPage) -> tuple[None, list[str]]:
    """Return that there is none: Pillow reads EXIF as the small TIFF that the standard says it is."""
    told = any(not describes_pixels(tag.code) and tag.code not in _SAID_OTHERWISE for tag in page.tags)
    return None, ["EXIF was dropped: it is not read from BigTIFF"] if told else []


def write_tiff(picture: Picture, exif: bytes | None) -> tuple[bytes, list[str]]:
    """Return `picture` as a TIFF of deflated strips, a page for each frame, and what of `exif` it can't hold."""
    target = io.BytesIO()
    texts, lost = _texts(exif)
    with TiffWriter(target) as writer:
        for frame in picture.frames:
            _write_page(writer, frame, picture, texts)
    return target.getvalue(), lost


def _write_page(writer: TiffWriter, frame: Frame, picture: Picture, texts: Sequence[tuple[int, str]]) -> None:
    samples = frame.pixels if frame.alpha is None else np.concatenate([frame.pixels, frame.alpha[..., None]], axis=2)
    samples = samples[..., 0] if samples.shape[2] == 1 else samples
    kind = EXTRASAMPLE.ASSOCALPHA if picture.premultiplied else EXTRASAMPLE.UNASSALPHA
    writer.write(
        samples,
        photometric=PHOTOMETRIC.RGB if frame.pixels.shape[2] == 3 else PHOTOMETRIC.MINISBLACK,
        planarconfig="contig" if samples.ndim == 3 else None,
        extrasamples=None if frame.alpha is None else [kind],
        compression=COMPRESSION.ADOBE_DEFLATE,
        predictor=True,
        iccprofile=picture.icc,
        resolution=picture.dpi,
        resolutionunit="INCH" if picture.dpi else "NONE",
        metadata=None,
        software=False,
        contiguous=False,
        extratags=[(tag, _ASCII, None, text, True) for tag, text in texts],
    )


def _texts(exif: bytes | None) -> tuple[list[tuple[int, str]], list[str]]:
    """Return the texts of `exif` that a TIFF's own tags hold, and a word on the rest."""
    if exif is None:
        return [], []
    read = Image.Exif()
    read.load(exif)
    texts = {int(tag): value for tag in _TEXTS if isinstance(value := read.get(tag), str) and value.isascii()}
    lost = ["EXIF was dropped but for its main texts (make, model, date, artist, ...): TIFF answers hold no more"]
    return list(texts.items()), lost if read.keys() - texts.keys() - _SAID_OTHERWISE else []
