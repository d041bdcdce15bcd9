"""EXIF, colour profiles, resolution: what goes on, and what is said of the rest."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin
from PIL.ExifTags import IFD, Base

from app.codecs.decoding import decode, inspect
from app.codecs.formats import FORMATS, Format
from app.codecs.metadata import PREFIX, Metadata
from app.codecs.picture import Frame, Limits, Picture
from app.codecs.writing import encode
from tests.conftest import encoded

LIMITS = Limits(pixels=1_000_000, frames=4)
PIXELS = np.random.default_rng(0).integers(0, 256, (20, 31, 3), dtype=np.uint8)
TAKEN = "2024:05:06 07:08:09"
WITH_EXIF: tuple[Format, ...] = ("jpeg", "png", "webp", "avif")


def camera_exif(orientation: int = 6) -> Image.Exif:
    exif = Image.Exif()
    exif[Base.Make], exif[Base.Orientation], exif[Base.Copyright] = "A maker", orientation, "An owner"
    exif.get_ifd(IFD.Exif).update({
        Base.DateTimeOriginal: TAKEN, Base.ExifImageWidth: 31, Base.ExifImageHeight: 20, Base.MakerNote: b"note" * 9,
    })  # fmt: skip
    exif[Base.XResolution], exif[Base.YResolution], exif[Base.ResolutionUnit] = 300.0, 150.0, 2
    exif.get_ifd(IFD.GPSInfo).update({1: "N", 2: (48.0, 8.0, 14.5)})
    exif.get_ifd(IFD.IFD1)[Base.Compression] = 6
    return exif


def picture_of(file: bytes) -> Picture:
    upload = io.BytesIO(file)
    return decode(upload, inspect(upload, LIMITS), LIMITS)


def sent_back(file: bytes, format_: Format, metadata: Metadata = "no-gps") -> tuple[Image.Image, list[str]]:
    answer, lost = encode(picture_of(file), format_, None, metadata)
    image = Image.open(io.BytesIO(answer))
    image.load()
    return image, lost


@pytest.mark.parametrize("format_", WITH_EXIF)
def test_exif_goes_on_upright_and_without_the_place(format_: Format) -> None:
    image, lost = sent_back(encoded(PIXELS, format_, exif=camera_exif()), format_)
    exif = image.getexif()
    details = exif.get_ifd(IFD.Exif)
    assert image.size == (20, 31)
    assert exif.get(Base.Orientation, 1) == 1
    assert (exif[Base.Make], exif[Base.Copyright]) == ("A maker", "An owner")
    assert details[Base.DateTimeOriginal] == TAKEN
    assert details[Base.MakerNote] == b"note" * 9
    assert (exif[Base.XResolution], exif[Base.YResolution]) == (150, 300), "it lay on its side"
    assert (details[Base.ExifImageWidth], details[Base.ExifImageHeight]) == image.size
    assert not exif.get_ifd(IFD.GPSInfo)
    assert not exif.get_ifd(IFD.IFD1)
    assert lost == ["EXIF's GPS position was dropped; metadata=all keeps it"]


@pytest.mark.parametrize("format_", WITH_EXIF)
def test_the_place_stays_if_asked_for(format_: Format) -> None:
    image, lost = sent_back(encoded(PIXELS, format_, exif=camera_exif()), format_, "all")
    assert image.getexif().get_ifd(IFD.GPSInfo)[2] == (48.0, 8.0, 14.5)
    assert not lost


@pytest.mark.parametrize("format_", FORMATS)
def test_no_exif_if_asked_for(format_: Format) -> None:
    image, lost = sent_back(encoded(PIXELS, "JPEG", exif=camera_exif()), format_, "none")
    assert not image.getexif().get_ifd(IFD.Exif)
    assert Base.Make not in image.getexif()
    assert not [each for each in lost if "EXIF" in each]


@pytest.mark.parametrize("format_", ["gif", "tiff"])
def test_what_can_hold_no_exif_says_so(format_: Format) -> None:
    _, lost = sent_back(encoded(PIXELS, "JPEG", exif=camera_exif()), format_)
    assert any("EXIF was dropped" in each for each in lost)


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's own word on it
def test_damaged_exif_is_dropped_and_said() -> None:
    picture = picture_of(encoded(PIXELS, "JPEG", exif=b"Exif\0\0II*\0" + b"\xff" * 40))
    assert picture.exif is None
    assert "EXIF" in picture.warnings[0]


def test_damaged_exif_in_a_text_of_a_png_is_dropped_and_said() -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Raw profile type exif", "\nexif\n      4\nno hexadecimal number\n")
    picture = picture_of(encoded(PIXELS, "PNG", pnginfo=notes))
    assert np.array_equal(picture.frames[0].pixels, PIXELS)
    assert any("EXIF" in each for each in picture.warnings)


def block(*entries: tuple[int, int, int, bytes], after: bytes = b"") -> bytes:
    """Return EXIF made by hand: entries of (tag, type, count, field), and what follows at offset 14 + 12 each."""
    packed = b"".join(struct.pack("<HHI4s", *entry) for entry in entries)
    return PREFIX + b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + packed + bytes(4) + after


@pytest.mark.parametrize("format_", WITH_EXIF)
@pytest.mark.parametrize("text", ["José ©".encode(), "José ©".encode("latin-1")], ids=["utf-8", "latin-1"])
def test_texts_stay_as_they_are_to_the_byte(format_: Format, text: bytes) -> None:
    exif = block((315, 2, len(text) + 1, struct.pack("<I", 26)), after=text + b"\0")
    image, lost = sent_back(encoded(PIXELS, format_, exif=exif), format_)
    assert text + b"\0" in image.info["exif"]
    assert not lost


def test_makers_note_keeps_its_type_and_its_place() -> None:
    exif = camera_exif().tobytes()
    kept = picture_of(encoded(PIXELS, "JPEG", exif=exif)).exif
    assert kept.index(b"notenote") == exif.index(b"notenote")
    at = kept.index(struct.pack(">H", Base.MakerNote))
    assert struct.unpack(">HHI", kept[at : at + 8]) == (Base.MakerNote, 7, 36) or kept[at : at + 8] == exif[at : at + 8]


def test_place_and_thumbnail_are_not_even_hidden_in_the_bytes() -> None:
    exif = camera_exif()
    exif[Base.GPSInfo] = 0
    exif.get_ifd(IFD.GPSInfo).update({29: "2024:01:02"})
    answer, _ = encode(picture_of(encoded(PIXELS, "JPEG", exif=exif)), "jpeg", None, "no-gps")
    assert b"2024:01:02" not in answer
    assert b"2024:01:02" in encode(picture_of(encoded(PIXELS, "JPEG", exif=exif)), "jpeg", None, "all")[0]


@pytest.mark.parametrize(
    "exif",
    [
        block((270, 12, 1, struct.pack("<I", 26)), after=bytes(8)),
        block((305, 5, 1, struct.pack("<I", 26)), after=bytes(8)),
        block((34853, 16, 1, b"\xff" * 4)),
        block((34665, 4, 1, struct.pack("<I", 2**32 - 1))),
        block((34853, 4, 1, struct.pack("<I", 8))),
        block((274, 3, 1, struct.pack("<I", 6)), (274, 3, 1, struct.pack("<I", 3))),
        block(*[(270, 2, 2**31, struct.pack("<I", 8))] * 50),
        PREFIX + b"MM\0*" + b"\xff" * 4,
    ],
    ids=range(8),
)
@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's own word on it
def test_odd_exif_costs_nothing_but_itself(exif: bytes) -> None:
    for format_ in ("JPEG", "PNG", "WEBP"):
        picture = picture_of(encoded(PIXELS, format_, exif=exif))
        for answer in FORMATS:
            file, _ = encode(picture, answer, None, "no-gps")
            with Image.open(io.BytesIO(file)) as image:
                image.load()


def test_orientation_in_xmp_turns_nothing() -> None:
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a tiff:Orientation="6"/></x:xmpmeta>'
    picture = picture_of(encoded(PIXELS, "JPEG", xmp=xmp))
    assert picture.frames[0].size == (20, 31)
    assert picture.warnings == ("XMP was dropped",)


@pytest.mark.parametrize(("format_", "most"), [("png", 2**20), ("jpeg", 255 * 65_519)])
def test_profile_that_a_format_can_not_hold_is_said(format_: Format, most: int) -> None:
    picture = Picture((Frame(PIXELS),), "tiff", icc=bytes(most + 1))
    answer, lost = encode(picture, format_, None, "all")
    assert "too large" in lost[0]
    assert picture_of(answer).icc is None


def test_profile_that_can_not_be_read_is_said() -> None:
    file = encoded(PIXELS, "JPEG", icc_profile=bytes(range(200)))
    spoilt = file.replace(b"ICC_PROFILE\0\x01\x01", b"ICC_PROFILE\0\x01\x02")
    assert spoilt != file
    assert picture_of(spoilt).warnings == ("a colour profile that can't be read was dropped",)


def test_other_notes_are_dropped_and_said() -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "by me")
    notes.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta/>")
    warnings = picture_of(encoded(PIXELS, "PNG", pnginfo=notes)).warnings
    assert warnings == ("XMP was dropped", "text comments were dropped")


@pytest.mark.parametrize("format_", ["png", "jpeg", "webp", "avif", "tiff"])
@pytest.mark.parametrize("source", ["PNG", "JPEG", "WEBP", "AVIF", "TIFF"])
def test_colour_profile_is_the_same_to_the_byte(source: str, format_: Format) -> None:
    profile = bytes(range(256)) * 300
    image, _ = sent_back(encoded(PIXELS, source, icc_profile=profile), format_)
    assert image.info["icc_profile"] == profile


def test_gif_has_no_profile_so_colours_become_srgb() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    swapped = picture_of(encoded(PIXELS, "PNG", icc_profile=profile))
    answer, lost = encode(swapped, "gif", None, "all")
    assert any("colour profile" in each for each in lost)
    assert picture_of(answer).icc is None


def test_cmyk_profile_that_is_none_is_said() -> None:
    image = Image.fromarray(PIXELS).convert("CMYK")
    target = io.BytesIO()
    image.save(target, format="JPEG", quality=100, icc_profile=b"no profile")
    picture = picture_of(target.getvalue())
    assert picture.icc is None
    assert picture.warnings == ("CMYK became sRGB without a colour profile",)
    assert np.abs(picture.frames[0].pixels.astype(int) - np.asarray(image.convert("RGB"))).mean() < 4


def test_png_words_on_colour_stay_in_png_and_are_said_elsewhere() -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add(b"gAMA", (100_000).to_bytes(4, "big"))
    notes.add(b"cICP", bytes([9, 16, 0, 1]))
    file = encoded(PIXELS, "PNG", pnginfo=notes)
    answer, lost = encode(picture_of(file), "png", None, "all")
    assert b"gAMA" + (100_000).to_bytes(4, "big") in answer
    assert b"cICP" + bytes([9, 16, 0, 1]) in answer
    assert not lost
    assert encode(picture_of(file), "jpeg", None, "all")[1] == ["PNG's own words on its colours were dropped"]


@pytest.mark.parametrize("format_", ["webp", "avif", "gif"])
def test_formats_without_resolution_say_so(format_: Format) -> None:
    picture = Picture((Frame(PIXELS),), "png", dpi=(300, 300))
    lost = encode(picture, format_, None, "all")[1]
    assert any("resolution" in each for each in lost)
