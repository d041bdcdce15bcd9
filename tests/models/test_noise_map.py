"""Noise levels by block: what each pixel is told, and how doubtful estimates agree on a map."""

import numpy as np
import pytest

from models.noise_map import BLOCK, Level, NoiseMap, combine, worth_removing
from models.tiles import Grid, Span, Tile

SHAPE = (40, 60)


def everywhere(levels: np.ndarray, height: int, width: int) -> np.ndarray:
    """Return (height, width) levels interpolated by numpy's own means, the nearest ones beyond the outer centres."""
    for axis, length in enumerate((height, width)):
        centres = (np.arange(levels.shape[axis]) + 0.5) * BLOCK
        places = np.arange(length) + 0.5
        levels = np.apply_along_axis(lambda line, x=places, xp=centres: np.interp(x, xp, line), axis, levels)
    return levels


def estimates(level: np.ndarray | float, error: np.ndarray | float, seed: int = 0) -> np.ndarray:
    """Return what an estimator says that errs, in log(1 + sigma), by `error` (standard deviation) and knows it."""
    error = np.broadcast_to(error, SHAPE)
    value = np.log1p(level) + np.random.default_rng(seed).standard_normal(SHAPE) * error
    return np.stack([value, np.log(error)], axis=2).astype(np.float32)


@pytest.mark.parametrize(
    ("level", "worth"),
    [
        (None, True),
        (0.0, False),
        (0.1, True),
        (NoiseMap(np.full((2, 3), 0.59, np.float32)), False),
        (NoiseMap(np.array([[0.0, 0.61]], np.float32)), True),
    ],
)
def test_a_level_of_nothing_is_not_worth_a_network_and_one_that_is_told_is(level: Level | None, worth: bool) -> None:
    assert worth_removing(level) is worth


@pytest.mark.parametrize("size", [(1, 1), (8, 9), (37, 300), (200, 333), (300, 300)])
@pytest.mark.parametrize(("tile", "halo", "multiple"), [(64, 10, 4), (128, 23, 2), (512, 40, 8)])
def test_tiles_are_told_what_the_whole_picture_would_be(
    size: tuple[int, int], tile: int, halo: int, multiple: int
) -> None:
    """Whatever the tile, and in the padding beyond the last block too."""
    blocks = tuple(-(-side // BLOCK) for side in size)
    levels = np.random.default_rng(0).uniform(0, 75, blocks).astype(np.float32)
    whole = everywhere(levels.astype(np.float64), 700, 700) / 255
    for each in Grid(*size, tile, halo, multiple):
        told = NoiseMap(levels).at(each)
        expected = whole[each.rows.start : each.rows.stop, each.columns.start : each.columns.stop]
        assert (told.dtype, told.shape) == (np.float32, (*expected.shape, 1))
        assert np.abs(told[..., 0] - expected).max() < 1e-6


def test_level_of_a_block_holds_at_its_centre() -> None:
    told = NoiseMap(np.float32([[51, 102]])).at(Tile(Span(0, 8, 0, 8), Span(0, 16, 0, 16)))[4, :, 0] * 255
    assert told[:4] == pytest.approx(51)
    assert told[3:5].mean() == pytest.approx(51, abs=2)
    assert told[7:9].mean() == pytest.approx(76.5)
    assert told[12:] == pytest.approx(102)


def test_map_is_scaled_and_has_a_mean() -> None:
    found = NoiseMap(np.float32([[10, 20], [30, 40]]))
    assert found.mean == 25
    assert np.array_equal(found.scaled(0.5).levels, [[5, 10], [15, 20]])
    assert found.mean == 25


@pytest.mark.parametrize("sigma", [0.5, 5.0, 25.0, 60.0])
def test_white_noise_becomes_one_level(sigma: float) -> None:
    """Blocks differ by 5 to 40 % in what is estimated, and by next to nothing in what comes of it."""
    error = np.random.default_rng(1).uniform(0.05, 0.4, SHAPE)
    levels = combine(estimates(sigma, error)).levels
    assert levels.dtype == np.float32
    assert levels.mean() == pytest.approx(sigma, rel=0.03)
    assert levels.std() < 0.02 * sigma


def with_log_odds(found: np.ndarray, log_odds: float) -> np.ndarray:
    """Return `found` with the log-odds, the same in every block, that the noise is white."""
    return np.concatenate([found, np.full((*SHAPE, 1), log_odds, np.float32)], axis=2)


def test_grass_does_not_make_white_noise_uneven() -> None:
    """An estimator finds a little more there, and is sure of it; of a camera's noise, a part may have more."""
    level = np.where(np.arange(SHAPE[1]) < SHAPE[1] // 8, 17.0, 15.2) * np.ones(SHAPE)
    found = estimates(level, 0.02)
    white, other = (combine(with_log_odds(found, log_odds)) for log_odds in (3.0, -5.0))
    assert white.white
    assert np.ptp(white.levels) < 0.01
    assert white.mean == pytest.approx(15.4, abs=0.1)
    assert np.ptp(other.levels) > 1.5


def test_what_was_pasted_into_white_noise_keeps_its_level() -> None:
    true = np.where(np.arange(SHAPE[1]) < 20, 1.0, 40.0) * np.ones(SHAPE)
    levels = combine(with_log_odds(estimates(true, 0.03), 3.0)).levels
    assert levels[:, :20].mean() == pytest.approx(1, rel=0.05)
    assert levels[:, 20:].mean() == pytest.approx(40, rel=0.02)


def test_two_levels_stay_two() -> None:
    true = np.where(np.arange(SHAPE[1]) < 20, 5.0, 40.0) * np.ones(SHAPE)
    levels = combine(estimates(true, 0.03)).levels
    assert np.abs(np.log(levels / true)).max() < 0.2
    assert levels[:, :20].mean() == pytest.approx(5, rel=0.01)
    assert levels[:, 20:].mean() == pytest.approx(40, rel=0.01)


def test_doubtful_outliers_are_drawn_to_the_others_and_certain_ones_stay() -> None:
    found = estimates(10.0, 0.05)
    found[3, 4] = np.log1p(70), np.log(1.0)
    found[20, 30] = np.log1p(70), np.log(0.02)
    levels = combine(found).levels
    assert levels[3, 4] == pytest.approx(10, rel=0.1)
    assert levels[20, 30] > levels[3, 4]
    doubtful = combine(found[:10]).levels
    assert doubtful[3, 4] == pytest.approx(10, rel=0.1)


def test_hidden_blocks_do_not_count_for_others() -> None:
    found = estimates(10.0, 0.1)
    found[:, 30:, 0] = np.log1p(70)
    visible = np.broadcast_to(np.arange(SHAPE[1]) < 30, SHAPE)
    levels = combine(found, visible).levels
    assert levels.shape == SHAPE
    assert np.allclose(levels[:, :30], combine(found[:, :30]).levels, rtol=1e-5)
    assert np.isfinite(levels).all()


def test_where_all_is_hidden_all_counts() -> None:
    found = estimates(10.0, 0.1)
    assert np.array_equal(combine(found, np.zeros(SHAPE, bool)).levels, combine(found).levels)


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (3, 1)])
@pytest.mark.parametrize("level", [-3.0, 0.0, 3.0])
@pytest.mark.parametrize("doubt", [-1000.0, -3.0, 0.0, 1000.0])
@pytest.mark.parametrize("hidden", [None, 0, -1])
def test_few_blocks_and_absurd_doubts_give_levels(
    shape: tuple[int, int], level: float, doubt: float, hidden: int | None
) -> None:
    found = np.zeros((*shape, 2), np.float32)
    found[...] = level, doubt
    visible = None
    if hidden is not None:
        visible = np.ones(shape, bool)
        visible.flat[hidden] = False
    assert combine(found, visible).levels == pytest.approx(np.full(shape, np.expm1(max(level, 0))), rel=1e-5)


def test_texture_is_not_noise_where_others_as_bright_have_less() -> None:
    """Grass beside sky: blocks that are sure to be noisier are capped if others are as bright, and only then."""
    noisy = np.arange(SHAPE[1]) < 20
    found = estimates(np.where(noisy, 12.0, 2.0) * np.ones(SHAPE), 0.03)
    alike = np.full(SHAPE, 0.5, np.float32)
    levels = combine(found, None, alike).levels
    assert levels[:, :20] == pytest.approx(2 * 2.0, rel=0.15)
    assert np.array_equal(levels[:, 20:], combine(found).levels[:, 20:])
    apart = np.where(noisy, 0.2, 0.8).astype(np.float32) * np.ones(SHAPE, np.float32)
    assert np.array_equal(combine(found, None, apart).levels, combine(found).levels)


def test_clipped_and_hidden_blocks_say_nothing_of_how_much_noise_there_is() -> None:
    quiet = np.arange(SHAPE[1]) < 20
    found = estimates(np.where(quiet, 0.2, 8.0) * np.ones(SHAPE), 0.03)
    white = np.where(quiet, 1.0, 0.93).astype(np.float32) * np.ones(SHAPE, np.float32)
    assert combine(found, None, white).levels[:, 20:] == pytest.approx(8, rel=0.15)
    alike = np.full(SHAPE, 0.5, np.float32)
    visible = np.broadcast_to(~quiet, SHAPE)
    assert combine(found, visible, alike).levels[:, 20:] == pytest.approx(8, rel=0.15)
    assert combine(found, None, alike).levels[:, 20:].max() < 1


def test_few_blocks_are_not_compared() -> None:
    found = estimates(np.where(np.arange(SHAPE[1]) < 20, 12.0, 2.0) * np.ones(SHAPE), 0.03)[:1, 15:30]
    alike = np.full(found.shape[:2], 0.5, np.float32)
    assert np.array_equal(combine(found, None, alike).levels, combine(found).levels)
