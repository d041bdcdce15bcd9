"""Our PNG files, in the eyes of two other readers."""

import io
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw

from app.codecs.picture import Frame
from app.codecs.png import read_deep, write_png
from tests.conftest import decoded

STRIP_BYTES = 1 << 18


def seen_by_cv2(file: bytes) -> np.ndarray:
    shown = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_UNCHANGED)
    orders = {3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGBA}
    return cv2.cvtColor(shown, orders[shown.shape[2]]) if shown.ndim == 3 else shown


def contents(shape: tuple[int, int, int], rng: np.random.Generator) -> list[np.ndarray]:
    """Return noise, a slope and a flat picture: what each of the filters is best for."""
    height, width, bands = shape
    slope = np.add.outer(np.arange(height), 2 * np.arange(width))[..., None] + np.arange(bands)
    return [rng.integers(0, 256, shape, dtype=np.uint8), (slope % 256).astype(np.uint8), np.full(shape, 255, np.uint8)]


def text() -> np.ndarray:
    page = Image.new("L", (900, 600), "white")
    for line in range(40):
        ImageDraw.Draw(page).text((10, 15 * line), 8 * "The quick brown fox ", fill="black")
    return np.asarray(page)[..., None]


SIZES = [(1, 1), (1, 300), (300, 1), (2, 2), (28, 28), (37, 53), (511, 257), (3, STRIP_BYTES), (700, 401)]


@pytest.mark.parametrize("bands", [1, 2, 3, 4])
@pytest.mark.parametrize("size", SIZES)
def test_readers_see_the_same_pixels(size: tuple[int, int], bands: int) -> None:
    for pixels in contents((*size, bands), np.random.default_rng(0)):
        alpha = pixels[..., -1] if bands in {2, 4} else None
        file = write_png([Frame(pixels if alpha is None else pixels[..., :-1], alpha)])
        assert np.array_equal(decoded(file), pixels.squeeze(axis=2) if bands == 1 else pixels)
        if bands == 2:  # which cv2 shows as BGRA
            assert np.array_equal(seen_by_cv2(file)[..., [0, 3]], pixels)
        else:
            assert np.array_equal(seen_by_cv2(file), pixels.squeeze(axis=2) if bands == 1 else pixels)


@pytest.mark.parametrize("bands", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [(1, 1), (37, 53), (301, 433)])
def test_sixteen_bits_are_written_in_full(size: tuple[int, int], bands: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 2**16, (*size, bands), dtype=np.uint16)
    alpha = pixels[..., -1] if bands in {2, 4} else None
    file = write_png([Frame(pixels if alpha is None else pixels[..., :-1], alpha)])
    seen = seen_by_cv2(file)
    assert seen.dtype == np.uint16
    assert np.array_equal(seen[..., [0, 3]] if bands == 2 else seen, pixels.squeeze(axis=2) if bands == 1 else pixels)
    colours, transparency = read_deep(io.BytesIO(file))
    assert np.array_equal(colours, pixels[..., : 1 if bands < 3 else 3])
    assert transparency is None if alpha is None else np.array_equal(transparency, alpha)


@pytest.mark.parametrize("bands", [1, 3, 4])
def test_every_frame_of_an_animation_is_there(bands: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (4, 30, 41, bands), dtype=np.uint8)
    pixels[3] = pixels[2]
    frames = [
        Frame(each[..., :3] if bands == 4 else each, each[..., 3] if bands == 4 else None, 40 * index + 7)
        for index, each in enumerate(pixels)
    ]
    with Image.open(io.BytesIO(write_png(frames, loop=2))) as image:
        assert image.n_frames == 4
        assert image.info["loop"] == 2
        for index in range(4):
            image.seek(index)
            assert np.array_equal(np.asarray(image).reshape(30, 41, bands), pixels[index])
            assert image.info["duration"] == frames[index].milliseconds


def test_random_sizes() -> None:
    rng = np.random.default_rng(0)
    for _ in range(60):
        height, width = rng.integers(1, 200, 2)
        pixels = rng.integers(0, rng.integers(2, 257), (height, width, 3), dtype=np.uint8)
        assert np.array_equal(decoded(write_png([Frame(pixels)])), pixels)


def test_views_are_written_as_they_look(photograph: np.ndarray) -> None:
    for view in (photograph[::-1, ::-2], photograph.swapaxes(0, 1), photograph[..., 1:2]):
        assert np.array_equal(decoded(write_png([Frame(view)])), view.squeeze())


@pytest.mark.parametrize("name", ["photograph", "text"])
def test_files_are_small(name: str, photograph: np.ndarray) -> None:
    pixels = photograph if name == "photograph" else text()
    by_pillow = io.BytesIO()
    Image.fromarray(pixels.squeeze()).save(by_pillow, format="PNG", compress_level=3)
    assert len(write_png([Frame(pixels)])) < 1.1 * len(by_pillow.getvalue())


def test_chunks_are_what_the_standard_asks_for() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (400, 401, 3), dtype=np.uint8)
    file = write_png([Frame(pixels)], icc=b"profile", dpi=(72, 300))
    kinds, at = [], 8
    while at < len(file):
        end = at + 8 + int.from_bytes(file[at : at + 4], "big")
        assert int.from_bytes(file[end : end + 4], "big") == zlib.crc32(file[at + 4 : end])
        kinds.append(file[at + 4 : at + 8])
        at = end + 4
    assert kinds[:4] == [b"IHDR", b"iCCP", b"pHYs", b"IDAT"]
    assert kinds[-1] == b"IEND"
    assert set(kinds[3:-1]) == {b"IDAT"}
