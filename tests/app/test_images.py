"""Decoding hostile and odd files, without the network around it."""

import io
import struct
import zlib
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from app.errors import LimpidError
from app.images import decode, encode
from tests.conftest import encoded, png

MUTATIONS = 1500


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
            decode(mutated(seeds[rng.integers(len(seeds))], rng), max_pixels=1_000_000)
            outcomes["decoded"] += 1
        except LimpidError as error:
            outcomes[error.code] += 1
    assert outcomes.keys() == {"decoded", "corrupt_image", "unsupported_image", "image_too_large"}


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 2), (5, 7, 3), (5, 7, 4)])
def test_png_goes_round_without_a_change(shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    picture = decode(png(pixels), max_pixels=100)
    file, lost = encode(picture.pixels, picture, "png", None)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(file))), pixels)
    assert not lost


def test_half_transparent_pixels_lie_on_white_in_a_jpeg() -> None:
    half = np.full((16, 16, 4), (0, 100, 200, 128), np.uint8)
    picture = decode(png(half), max_pixels=1000)
    file, lost = encode(picture.pixels, picture, "jpeg", 100)
    assert lost
    shown = np.asarray(Image.open(io.BytesIO(file))).reshape(-1, 3).mean(axis=0)
    assert shown == pytest.approx([127, 177, 227], abs=2)


def test_transparent_colour_becomes_alpha() -> None:
    pixels = np.zeros((2, 2, 3), np.uint8)
    pixels[0, 0] = (9, 8, 7)
    picture = decode(encoded(pixels, "PNG", transparency=(9, 8, 7)), max_pixels=100)
    assert picture.alpha is not None
    assert picture.alpha.tolist() == [[0, 255], [255, 255]]
    assert picture.warnings
