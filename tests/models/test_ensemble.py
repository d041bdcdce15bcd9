"""The ensemble: the mean over eight flips and rotations, whatever the picture, the network and the order of things."""

import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import numpy as np
import pytest

from models import tiles
from models.card import Input
from models.denoising import Denoising, Feed, denoise
from models.ensemble import TURNS, in_all_turns
from models.noise_map import NoiseMap
from models.pixels import FloatImage, Samples, to_float, to_samples
from models.tiles import Grid, cut, stitch

SIZES = [(1, 1), (1, 300), (37, 53), (64, 64), (130, 90), (200, 333)]
TILE = 128
SPEC = Input(channels=3, multiple=4, halo=8)


def lopsided(feed: Feed) -> FloatImage:
    """Stand for a network that treats no two of the eight turns alike."""
    image = feed["image"]
    _, height, width, _ = image.shape
    rows, columns = np.linspace(0.4, 1, height, dtype=np.float32), np.linspace(0, 0.3, width, dtype=np.float32)
    return np.sqrt(np.roll(image, 1, axis=1) * rows[:, None, None]) - columns[:, None]


def pixels_of(size: tuple[int, int], channels: int, dtype: type = np.uint8) -> Samples:
    largest = np.iinfo(dtype).max
    return np.random.default_rng(sum(size)).integers(0, largest + 1, (*size, channels), dtype=dtype)


def mean_of_eight(values: FloatImage, channels: int) -> FloatImage:
    """Return the mean of what `lopsided` makes of (H, W, channels) `values`, turned by numpy's own means."""
    results = []
    for quarters, mirrored in product(range(4), (False, True)):
        turned = np.rot90(values[:, ::-1] if mirrored else values, quarters)
        image = np.repeat(turned, channels // turned.shape[2], axis=2)
        back = np.rot90(lopsided({"image": image[None]})[0], -quarters)
        results.append(back[:, ::-1] if mirrored else back)
    return np.mean(results, axis=0, dtype=np.float64).astype(np.float32)


def explicit(pixels: Samples, spec: Input) -> Samples:
    """Return the ensemble of `lopsided` tile by tile, and of a gray network plane by plane, without models.ensemble."""
    clean = np.empty_like(pixels)
    step = min(spec.channels, pixels.shape[2])
    for tile in Grid(*pixels.shape[:2], TILE, spec.halo, spec.multiple, turnable=True):
        for first in range(0, pixels.shape[2], step):
            plane = slice(first, first + step)
            values = mean_of_eight(to_float(cut(pixels[..., plane], tile)), spec.channels)
            if values.shape[2] > step:
                values = values.mean(axis=2, keepdims=True)
            stitch(clean[..., plane], tile, to_samples(values, pixels.dtype))
    return clean


@pytest.fixture(params=["any tiles", "square tiles"])
def beyond(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tile like a small picture or like a large one."""
    if request.param == "square tiles":
        monkeypatch.setattr(tiles, "SQUARE_BEYOND", 0)


@pytest.mark.usefixtures("beyond")
class TestMean:
    @pytest.mark.parametrize("size", SIZES)
    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
    def test_of_the_eight_turns(self, size: tuple[int, int], dtype: type) -> None:
        pixels = pixels_of(size, 3, dtype)
        result = denoise(pixels, lopsided, SPEC, tile=TILE, ensemble=True)
        assert result.dtype == dtype
        assert np.array_equal(result, explicit(pixels, SPEC))

    @pytest.mark.parametrize(("channels", "network"), [(1, 1), (1, 3), (3, 1)])
    def test_of_gray_and_of_colours_apart(self, channels: int, network: int) -> None:
        pixels, spec = pixels_of((130, 90), channels), SPEC.model_copy(update={"channels": network})
        result = denoise(pixels, lopsided, spec, tile=TILE, ensemble=True)
        assert np.array_equal(result, explicit(pixels, spec))

    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
    def test_is_the_same_in_any_order_and_from_several_threads(self, dtype: type) -> None:
        pixels = pixels_of((200, 333), 3, dtype)
        work = Denoising(pixels, SPEC, tile=TILE, turnable=True)
        units = [(part, unit) for part in in_all_turns(work) for unit in range(part.count)]
        np.random.default_rng(0).shuffle(units)

        def run(each: tuple) -> None:
            part, unit = each
            part.accept(unit, lopsided({"image": part.feed(unit)["image"][None]})[0])

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(run, units))
        assert np.array_equal(work.clean, denoise(pixels, lopsided, SPEC, tile=TILE, ensemble=True))

    def test_of_equals_is_exact(self) -> None:
        pixels = pixels_of((130, 333), 3, np.uint16)
        assert np.array_equal(denoise(pixels, lambda feed: feed["image"], SPEC, tile=TILE, ensemble=True), pixels)


def test_noise_level_is_turned_with_the_picture() -> None:
    levels = NoiseMap(np.random.default_rng(0).uniform(0, 75, (17, 12)).astype(np.float32))

    def faded(feed: Feed) -> FloatImage:
        return feed["image"] - feed["sigma"]

    pixels = pixels_of((130, 90), 3)
    plain, mean = (denoise(pixels, faded, SPEC, tile=TILE, sigma=levels, ensemble=each) for each in (False, True))
    assert np.array_equal(plain, mean)


def test_turns_are_the_eight_symmetries_and_undo_themselves() -> None:
    picture = np.arange(6, dtype=np.float32).reshape(2, 3, 1)
    assert len({turn.apply(picture).tobytes() + bytes(turn.apply(picture).shape) for turn in TURNS}) == 8
    assert all(np.array_equal(turn.undo(turn.apply(picture)), picture) for turn in TURNS)


def test_every_unit_of_a_work_has_its_shape() -> None:
    work = Denoising(pixels_of((37, 100), 3), SPEC, tile=TILE, turnable=True)
    parts = in_all_turns(work)
    assert [part.shape for part in parts] == [work.shape, work.shape[::-1]]
    assert sum(part.count for part in parts) == len(TURNS) * work.count
    assert all(part.feed(unit)["image"].shape[:2] == part.shape for part in parts for unit in range(part.count))


def test_of_a_large_picture_few_tiles_are_held() -> None:
    pixels = np.zeros((1500, 2100, 3), np.uint8)
    tile_bytes = TILE * TILE * 3 * 8
    tracemalloc.start()
    try:
        denoise(pixels, lambda feed: feed["image"], SPEC, tile=TILE, ensemble=True)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < pixels.nbytes + 8 * tile_bytes


@pytest.mark.parametrize(("height", "width"), [(700, 1100), (1500, 2100), (3000, 4000), (40, 20_000)])
def test_tiles_of_a_large_picture_are_square_and_keep_every_pixel_once(height: int, width: int) -> None:
    grid = Grid(height, width, size=512, halo=24, multiple=4, turnable=True)
    assert grid.shape[0] == grid.shape[1]
    last = list(grid)[-1]
    kept = np.zeros((last.rows.stop, last.columns.stop), int)
    for tile in grid:
        kept[tile.rows.keep_start : tile.rows.keep_stop, tile.columns.keep_start : tile.columns.keep_stop] += 1
    assert (kept == 1).all()
    assert len(list(grid)) == grid.count


@pytest.mark.parametrize("size", [(700, 1100), (1080, 1920), (3000, 4000), (4000, 6000)])
def test_square_tiles_cost_a_fifth_more_at_most(size: tuple[int, int]) -> None:
    square, any_ = (Grid(*size, size=512, halo=28, multiple=4, turnable=turnable) for turnable in (True, False))
    assert square.count * np.prod(square.shape) <= 1.2 * any_.count * np.prod(any_.shape)


def test_tiles_of_a_small_picture_are_as_ever() -> None:
    for size in ((300, 451), (64, 1500), (512, 768)):
        shapes = [Grid(*size, size=512, halo=28, multiple=4, turnable=turnable).shape for turnable in (True, False)]
        assert shapes[0] == shapes[1]
