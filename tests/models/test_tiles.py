"""Cutting and stitching, and the promise behind it: tiled equals untiled."""

import numpy as np
import pytest
from skimage import data

from models.card import Input
from models.denoising import denoise
from models.tiles import Grid, cut, stitch, up_to
from tests.conftest import with_noise

SIZES = [1, 3, 4, 7, 8, 63, 64, 65, 96, 127, 129, 200, 513]


@pytest.mark.parametrize("height", SIZES)
@pytest.mark.parametrize("width", [1, 64, 65, 200])
def test_tiles_keep_every_pixel_once_and_put_the_picture_together_again(height: int, width: int) -> None:
    picture = np.random.default_rng(height * width).integers(0, 256, (height, width, 3), dtype=np.uint8)
    kept = np.zeros((up_to(height, 4), up_to(width, 4)), int)
    whole = np.zeros_like(picture)
    for tile in Grid(height, width, size=64, halo=10, multiple=4):
        kept[tile.rows.keep_start : tile.rows.keep_stop, tile.columns.keep_start : tile.columns.keep_stop] += 1
        part = cut(picture, tile)
        assert part.shape[0] % 4 == part.shape[1] % 4 == 0
        assert max(part.shape[:2]) <= 64
        stitch(whole, tile, part)
    assert (kept == 1).all()
    assert np.array_equal(whole, picture)


@pytest.mark.parametrize("length", SIZES)
def test_inner_edges_have_the_whole_halo(length: int) -> None:
    padded = up_to(length, 4)
    for tile in Grid(length, 4, size=64, halo=10, multiple=4):
        span = tile.rows
        assert span.start % 4 == 0
        assert span.start == 0 or span.keep_start - span.start >= 10
        assert span.stop == padded or span.stop - span.keep_stop >= 10


def test_padding_reflects_like_padding_the_whole_picture() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (130, 70, 1), dtype=np.uint8)
    padded = np.pad(picture, ((0, 2), (0, 2), (0, 0)), mode="reflect")
    for tile in Grid(130, 70, size=64, halo=8, multiple=4):
        expected = padded[tile.rows.start : tile.rows.stop, tile.columns.start : tile.columns.stop]
        assert np.array_equal(cut(picture, tile), expected)


@pytest.mark.parametrize(("size", "halo"), [(63, 4), (16, 8), (8, 40)])
def test_impossible_tiles_are_refused(size: int, halo: int) -> None:
    with pytest.raises(ValueError, match="tile"):
        Grid(100, 100, size=size, halo=halo, multiple=4)


def test_at_most_a_tile_is_in_the_network_at_a_time() -> None:
    seen = []

    def run(feed):
        seen.append(feed["image"].shape)
        return feed["image"]

    picture = np.zeros((300, 1000, 3), np.uint8)
    denoise(picture, run, Input(channels=3, multiple=4, halo=16), tile=128)
    assert max(max(shape[1:3]) for shape in seen) == 128
    assert all(shape[0] == 1 for shape in seen)


@pytest.mark.parametrize("picture", ["photograph", "white noise"])
def test_tiled_equals_untiled_with_the_real_network(picture: str) -> None:
    from models.loader import load
    from models.store import BUNDLED, newest, verify
    from training.inference import runner

    pixels = with_noise(data.coffee()[:301, :398])
    if picture == "white noise":
        pixels = np.random.default_rng(0).integers(0, 256, pixels.shape, dtype=np.uint8)
    artifact = verify(newest(BUNDLED, "photo"))
    run = runner(load(artifact))
    tiled, untiled = (denoise(pixels, run, artifact.card.input, tile=tile, sigma=30) for tile in (128, 512))
    assert np.abs(tiled.astype(int) - untiled).max() <= 1
