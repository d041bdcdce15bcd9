"""Decoding hostile and odd PNG and JPEG, without the network around it."""

import io
import struct
import zlib
from collections import Counter

import numpy as np
import pytest
from PIL import Image, ImageOps

from app.codecs.decoding import decode, inspect
from app.codecs.formats import Format
from app.codecs.picture import Frame, Header, Limits, Picture, Size
from app.codecs.writing import encode
from app.errors import CorruptImage, ImageTooLarge, LimpidError, UnsupportedImage
from tests.conftest import decoded, encoded, png

MUTATIONS = 1500
LIMITS = Limits(pixels=1_000_000, frames=10)


def picture_of(file: bytes) -> Picture:
    upload = io.BytesIO(file)
    return decode(upload, inspect(upload, LIMITS), LIMITS)


def with_right_checksums(file: bytes) -> bytes:
    """Return a PNG file with the checksum of every chunk corrected, so that damage gets past the first guard."""
    repaired, at = bytearray(file[:8]), 8
    while at + 12 <= len(file):
        end = at + 8 + struct.unpack(">I", file[at : at + 4])[0]
        if end + 4 > len(file):
            break
        repaired += file[at:end] + struct.pack(">I", zlib.crc32(file[at + 4 : end]))
        at = end + 4
    return bytes(repaired) + file[at:]


def mutated(file: bytes, rng: np.random.Generator) -> bytes:
    spoiled = bytearray(file)
    for _ in range(rng.integers(1, 6)):
        reach = len(spoiled) if rng.random() < 0.5 else min(len(spoiled), 120)
        spoiled[rng.integers(reach)] = rng.integers(256)
    if rng.random() < 0.2:
        spoiled = spoiled[: rng.integers(len(spoiled))]
    return with_right_checksums(bytes(spoiled)) if rng.random() < 0.5 else bytes(spoiled)


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, about damaged EXIF, which it leaves out
def test_damaged_files_decode_or_are_refused() -> None:
    rng = np.random.default_rng(0)
    picture = Image.fromarray(rng.integers(0, 256, (24, 31, 3), dtype=np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    seeds = [png(np.asarray(picture.convert(mode))) for mode in ("L", "RGB", "RGBA", "LA")]
    seeds += [encoded(np.asarray(picture), "JPEG", exif=exif, progressive=each) for each in (False, True)]
    for mode in ("P", "1"):
        target = io.BytesIO()
        picture.convert(mode).save(target, format="PNG")
        seeds.append(target.getvalue())
    outcomes: Counter[str] = Counter()
    for _ in range(MUTATIONS):
        try:
            picture_of(mutated(seeds[rng.integers(len(seeds))], rng))
            outcomes["decoded"] += 1
        except LimpidError as error:
            outcomes[error.code] += 1
    assert outcomes.keys() == {"decoded", "corrupt_image", "unsupported_image", "image_too_large"}


@pytest.mark.parametrize("size", [(5, 7), (700, 301)])  # one strip, and several
@pytest.mark.parametrize("bands", [(), (2,), (3,), (4,)])
def test_png_goes_round_without_a_change(size: tuple[int, int], bands: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, size + bands, dtype=np.uint8)
    picture = picture_of(png(pixels))
    file, lost = encode(picture, "png", None, "all")
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(file))), pixels)
    assert not lost


def test_half_transparent_pixels_lie_on_white_in_a_jpeg() -> None:
    half = np.full((16, 16, 4), (0, 100, 200, 128), np.uint8)
    picture = picture_of(png(half))
    file, lost = encode(picture, "jpeg", 100, "all")
    assert lost
    shown = np.asarray(Image.open(io.BytesIO(file))).reshape(-1, 3).mean(axis=0)
    assert shown == pytest.approx([127, 177, 227], abs=2)


def test_transparent_colour_becomes_alpha() -> None:
    pixels = np.zeros((2, 2, 3), np.uint8)
    pixels[0, 0] = (9, 8, 7)
    picture = picture_of(encoded(pixels, "PNG", transparency=(9, 8, 7)))
    assert picture.frames[0].alpha is not None
    assert picture.frames[0].alpha.tolist() == [[0, 255], [255, 255]]
    assert picture.warnings


def test_header_is_read_without_the_pixels() -> None:
    file = encoded(np.zeros((5, 7, 3), np.uint8), "PNG", icc_profile=bytes(5000))
    upload = io.BytesIO(file[: file.index(b"IDAT") + 4])
    assert inspect(upload, LIMITS) == Header("png", (Size(5, 7),), 8, plain=True)
    with pytest.raises(ImageTooLarge):
        inspect(upload, Limits(pixels=34, frames=1))
    with pytest.raises(CorruptImage):
        decode(upload, Header("png", (Size(5, 7),)), LIMITS)


@pytest.mark.parametrize("file", [b"", b"GIF88a", b"\x89PNG\r\n\x1a", b"%PDF-1.7", b"\0\0\1\0", b"<svg/>", b"8BPS"])
def test_other_files_are_refused(file: bytes) -> None:
    with pytest.raises(UnsupportedImage):
        inspect(io.BytesIO(file), LIMITS)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_orientation_is_applied_as_pillow_does(mode: str, orientation: int) -> None:
    # Larger than a strip, so that a strip's place is tested too.
    pixels = np.random.default_rng(0).integers(0, 256, (301, 433, len(mode)), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = encoded(pixels.squeeze(), "PNG", exif=exif)
    picture = picture_of(file)
    upright = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(file))))
    planes = (
        [picture.frames[0].pixels]
        if picture.frames[0].alpha is None
        else [picture.frames[0].pixels, picture.frames[0].alpha[..., None]]
    )
    assert np.array_equal(np.concatenate(planes, axis=2).squeeze(), upright)
    assert not picture.warnings
    assert picture.exif is None


@pytest.mark.parametrize("bands", [1, 3])
@pytest.mark.parametrize("format_", ["png", "jpeg"])
def test_colour_profile_and_resolution_go_through(format_: Format, bands: int) -> None:
    pixels = np.zeros((4, 4, bands), np.uint8)
    picture = picture_of(encoded(pixels.squeeze(), format_, icc_profile=b"profile", dpi=(300, 150)))
    file, _ = encode(picture, format_, None, "all")
    with Image.open(io.BytesIO(file)) as image:
        assert image.info["icc_profile"] == b"profile"
        assert image.info["dpi"] == pytest.approx((300, 150), abs=0.02)


@pytest.mark.parametrize("format_", ["png", "jpeg"])
def test_a_resolution_that_no_file_can_hold_is_dropped(format_: Format) -> None:
    exif = Image.Exif()
    exif[0x0128], exif[0x011A], exif[0x011B] = 2, 4e9, 4e9
    picture = picture_of(encoded(np.zeros((4, 4), np.uint8), "JPEG", exif=exif))
    assert picture.warnings == ("an impossible resolution was dropped",)
    file, _ = encode(picture, format_, None, "all")
    assert decoded(file).shape == (4, 4)


def test_transparent_jpeg_is_the_same_in_strips() -> None:
    rng = np.random.default_rng(0)
    tall = rng.integers(0, 256, (300, 400, 4), dtype=np.uint8)
    picture = picture_of(png(tall))
    colours, alpha = tall[..., :3].astype(int), tall[..., 3:].astype(int)
    on_white = ((colours * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
    opaque = Picture((Frame(on_white),), "png")
    assert encode(picture, "jpeg", 90, "all")[0] == encode(opaque, "jpeg", 90, "all")[0]


def test_jpeg_of_many_scans_is_not_plain() -> None:
    """Each scan may cost as much as a picture, in any kind of JPEG."""
    file = encoded(np.zeros((32, 32, 3), np.uint8), "JPEG")
    scan = file.index(b"\xff\xda")
    many = file[:-2] + 50 * file[scan:-2] + file[-2:]
    progressive = encoded(np.zeros((32, 32, 3), np.uint8), "JPEG", progressive=True)
    assert [inspect(io.BytesIO(each), LIMITS).plain for each in (file, many, progressive)] == [True, False, False]
