"""Reading a folder of photographs and drawing patches of it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.pixels import to_8_bits
from tests.conftest import png
from training.photographs import PatchSampler, image_files, read_collection, read_picture, read_rgb


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """130 gray levels as pictures of 40 x 50, one too small, and a file that is no image."""
    for source in ("a", "b"):
        (tmp_path / source).mkdir()
    for level in range(130):
        (tmp_path / "ab"[level % 2] / f"{level:03}.png").write_bytes(png(np.full((40, 50), level, np.uint8)))
    (tmp_path / "a" / "small.PNG").write_bytes(png(np.zeros((10, 50), np.uint8)))
    (tmp_path / "notes.txt").write_text("no image")
    return tmp_path


def levels_of(part: list[np.ndarray]) -> set[int]:
    return {int(image[0, 0, 0]) for image in part}


def test_held_out_photographs_are_never_trained_on(folder: Path) -> None:
    collection = read_collection(folder, at_least=40)
    training, held_out = levels_of(collection.training), levels_of(collection.held_out)
    assert training | held_out == set(range(130))
    assert not training & held_out
    assert len(held_out) == 3
    assert str(collection) == "127 photographs, 3 held out (a 65, b 65)"


def test_what_a_benchmark_shows_is_in_neither_part(folder: Path) -> None:
    before = read_collection(folder, at_least=40)
    (folder / "a" / "122.png").rename(folder / "a" / "12003.jpg")
    after = read_collection(folder, at_least=40)
    assert levels_of(after.training) == levels_of(before.training) - {122}
    assert levels_of(after.held_out) == levels_of(before.held_out), "of the others, the same ones are held out"
    assert str(after) == "126 photographs, 3 held out (a 64, b 65)"


def test_too_few_photographs_are_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="0 images of at least 500 pixels"):
        read_collection(folder, at_least=500)
    (folder / "empty").mkdir()
    with pytest.raises(ValueError, match="no images below"):
        image_files(folder / "empty")


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_16_bits_become_8_as_the_service_has_them(suffix: str, tmp_path: Path) -> None:
    levels = np.linspace(0, 65535, 12 * 10).astype(np.uint16).reshape(12, 10)
    path = tmp_path / f"x.{suffix}"
    Image.fromarray(levels).save(path)
    assert np.array_equal(read_picture(path), to_8_bits(levels)[..., None])
    assert np.array_equal(read_rgb(path), np.repeat(to_8_bits(levels)[..., None], 3, axis=2))


@pytest.mark.parametrize("read", [read_rgb, read_picture])
def test_a_file_that_can_not_be_read_is_named(
    read: Callable[[Path], np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = png(np.random.default_rng(0).integers(0, 256, (40, 50), np.uint8))
    for name, file in {"empty.png": b"", "cut.png": whole[: len(whole) // 2]}.items():
        (tmp_path / name).write_bytes(file)
        with pytest.raises(ValueError, match=rf"{name}: "):
            read(tmp_path / name)
    (tmp_path / "bomb.png").write_bytes(whole)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(ValueError, match=r"bomb\.png: .*decompression bomb"):
        read(tmp_path / "bomb.png")


def test_patches_come_from_everywhere_in_all_eight_positions() -> None:
    picture = np.arange(12 * 12 * 3, dtype=np.uint32).astype(np.uint8).reshape(12, 12, 3)
    sampler = PatchSampler([picture])
    rng = np.random.default_rng(0)
    drawn = {sampler.draw(12, rng).tobytes() for _ in range(100)}
    assert len(drawn) == 8
    corners = {float(sampler.draw(4, rng)[0, 0, 0]) for _ in range(500)}
    assert len(corners) > 80


def test_large_pictures_are_drawn_from_more_often() -> None:
    small, large = np.zeros((10, 10, 3), np.uint8), np.full((30, 10, 3), 255, np.uint8)
    sampler = PatchSampler([small, large])
    rng = np.random.default_rng(0)
    assert np.mean([sampler.draw(8, rng).mean() for _ in range(1000)]) == pytest.approx(0.75, abs=0.05)
