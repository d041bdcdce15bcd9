"""Cutting and stitching, and the promise behind it: tiled equals untiled."""

import numpy as np
import pytest
from skimage import data

from models.card import Input
from models.denoising import denoise
from models.pixels import to_bytes, to_float
from models.tiles import Grid, cut, sides, stitch
from tests.conftest import with_noise

SIZES = [1, 3, 4, 27, 28, 29, 63, 64, 65, 96, 127, 129, 200, 513]


def padded(picture: np.ndarray, grid: Grid) -> np.ndarray:
    """Reflect `picture` to where the last tile ends."""
    last = list(grid)[-1]
    missing = last.rows.stop - picture.shape[0], last.columns.stop - picture.shape[1]
    return np.pad(picture, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="reflect")


@pytest.mark.parametrize("height", SIZES)
@pytest.mark.parametrize("width", [1, 64, 65, 200])
def test_tiles_keep_every_pixel_once_and_put_the_picture_together_again(height: int, width: int) -> None:
    picture = np.random.default_rng(height * width).integers(0, 256, (height, width, 3), dtype=np.uint8)
    grid = Grid(height, width, size=64, halo=10, multiple=4)
    kept = np.zeros(padded(picture, grid).shape[:2], int)
    whole = np.zeros_like(picture)
    for tile in grid:
        kept[tile.rows.keep_start : tile.rows.keep_stop, tile.columns.keep_start : tile.columns.keep_stop] += 1
        part = cut(picture, tile)
        assert part.shape[:2] == grid.shape
        stitch(whole, tile, part)
    assert (kept == 1).all()
    assert np.array_equal(whole, picture)
    assert len(list(grid)) == grid.count


@pytest.mark.parametrize("length", [*SIZES, *range(500, 540), 1000, 4000, 10_001])
@pytest.mark.parametrize(("size", "halo"), [(64, 10), (128, 24), (512, 24), (512, 200)])
def test_inner_edges_have_the_whole_halo(length: int, size: int, halo: int) -> None:
    spans = [tile.rows for tile in Grid(length, 4, size=size, halo=halo, multiple=4)]
    for index, span in enumerate(spans):
        assert span.start % 4 == 0
        assert span.start == 0 if index == 0 else span.keep_start - span.start >= halo
        assert index == len(spans) - 1 or span.stop - span.keep_stop >= halo


@pytest.mark.parametrize("size", [28, 30, 100, 250, 480, 512])
def test_small_picture_does_not_pay_for_a_whole_tile(size: int) -> None:
    height, width = Grid(size, size, size=512, halo=24, multiple=4).shape
    assert height == width
    assert size <= height <= max(size + 64, 1.3 * size)


@pytest.mark.parametrize(("height", "width"), [(3000, 4000), (10_000, 10_000), (1200, 1600)])
def test_large_picture_pays_a_third_more_at_most(height: int, width: int) -> None:
    grid = Grid(height, width, size=512, halo=24, multiple=4)
    assert grid.count * grid.shape[0] * grid.shape[1] <= 1.33 * height * width


def test_shapes_are_few() -> None:
    shapes = {Grid(length, length + 7, size=512, halo=24, multiple=4).shape for length in range(1, 3000)}
    assert {side for shape in shapes for side in shape} <= set(sides(512, 4))


def test_padding_reflects_like_padding_the_whole_picture() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (130, 70, 1), dtype=np.uint8)
    grid = Grid(130, 70, size=64, halo=8, multiple=4)
    whole = padded(picture, grid)
    for tile in grid:
        expected = whole[tile.rows.start : tile.rows.stop, tile.columns.start : tile.columns.stop]
        assert np.array_equal(cut(picture, tile), expected)


@pytest.mark.parametrize(("size", "halo", "multiple"), [(27, 4, 4), (64, 32, 4), (28, 40, 4), (512, 8, 100)])
def test_impossible_tiles_are_refused(size: int, halo: int, multiple: int) -> None:
    with pytest.raises(ValueError, match="tile"):
        Grid(100, 100, size=size, halo=halo, multiple=multiple)


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
@pytest.mark.parametrize("network", ["denoiser", "white", "white-gray"])
def test_tiled_equals_untiled_with_the_real_networks(network: str, picture: str) -> None:
    from models.loader import load
    from models.store import BUNDLED, newest, verify
    from training.inference import runner

    pixels = with_noise(data.coffee()[:301, :398])
    if picture == "white noise":
        pixels = np.random.default_rng(0).integers(0, 256, pixels.shape, dtype=np.uint8)
    artifact = verify(newest(BUNDLED, "photo"))
    run, spec = runner(load(artifact).get_layer(network)), artifact.card.input
    grid = Grid(*pixels.shape[:2], size=128, halo=spec.halo, multiple=spec.multiple)
    whole = padded(pixels, grid)
    level = np.full((1, *whole.shape[:2], 1), 30 / 255, np.float32)
    untiled = to_bytes(run({"image": to_float(whole)[None], "sigma": level})[0])[:301, :398]
    tiled = denoise(pixels, run, spec, tile=128, sigma=30)
    assert np.abs(tiled.astype(int) - untiled).max() <= 1
