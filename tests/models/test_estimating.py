"""Pictures through a noise estimator in tiles: the same map as in one piece."""

import numpy as np
import pytest

from models.card import Estimator
from models.denoising import Feed
from models.estimating import Estimating, estimate
from models.noise_map import BLOCK, NoiseMap, combine
from models.pixels import FloatImage, Pixels, to_float
from models.tiles import Grid, up_to
from tests.blind import CERTAIN, REACH, randomised
from training.architectures import estimator
from training.complexity import receptive_radius

TILE = 128
SPEC = Estimator(multiple=BLOCK, halo=REACH, kmac_per_pixel=2.3)
SIZES = [(1, 1), (5, 200), (64, 64), (130, 90), (201, 333)]


@pytest.fixture(scope="module")
def run():
    """A network of random weights, which finds about 8 everywhere, some more or less, and is sure of it."""
    model = randomised(estimator.build())
    model.get_layer("tail").bias.assign([2.2, CERTAIN])
    assert receptive_radius(model, BLOCK) == REACH

    def _run(feed: Feed) -> FloatImage:
        return np.asarray(model(feed["image"]))

    return _run


def brightness(feed: Feed) -> FloatImage:
    """Stand for an estimator that takes ten times a block's brightness for its level, and is sure of it."""
    count, height, width, _ = feed["image"].shape
    blocks = feed["image"].reshape(count, height // BLOCK, BLOCK, width // BLOCK, BLOCK, 3).mean(axis=(2, 4, 5))
    return np.stack([np.log1p(10 * blocks), np.full_like(blocks, -10)], axis=-1)


def pixels_of(size: tuple[int, int], channels: int = 3) -> Pixels:
    return np.random.default_rng(sum(size)).integers(0, 256, (*size, channels), dtype=np.uint8)


def in_one_piece(pixels: Pixels, run) -> NoiseMap:
    """Return the map of a picture that is padded to where its last tile ends, without models.estimating."""
    height, width = pixels.shape[:2]
    shape = Grid(height, width, TILE, SPEC.halo, SPEC.multiple).shape
    bottom, right = (max(up_to(side, BLOCK), tile) - side for side, tile in zip((height, width), shape, strict=True))
    padded = np.pad(to_float(pixels), ((0, bottom), (0, right), (0, 0)), mode="reflect")
    return combine(run({"image": padded[None]})[0][: -(-height // BLOCK), : -(-width // BLOCK)])


@pytest.mark.parametrize("size", SIZES)
def test_tiled_equals_untiled(run, size: tuple[int, int]) -> None:
    pixels = pixels_of(size)
    expected, levels = in_one_piece(pixels, run).levels, estimate(pixels, run, SPEC, tile=TILE).levels
    assert levels.shape == tuple(-(-side // BLOCK) for side in size)
    assert np.abs(levels / expected - 1).max() < 1e-3
    if levels.size > 1:
        assert np.ptp(levels) > 0.1, "a map of one level proves nothing"


def test_a_halo_too_narrow_would_show(run) -> None:
    pixels = pixels_of((201, 333))
    narrow = SPEC.model_copy(update={"halo": 8})
    levels = estimate(pixels, run, narrow, tile=TILE).levels
    assert np.abs(levels / in_one_piece(pixels, run).levels - 1).max() > 1e-3


@pytest.mark.parametrize("size", SIZES)
def test_gray_is_seen_as_three_equal_colours(run, size: tuple[int, int]) -> None:
    gray = pixels_of(size, channels=1)
    expected = estimate(np.repeat(gray, 3, axis=2), run, SPEC, tile=TILE)
    assert np.array_equal(estimate(gray, run, SPEC, tile=TILE).levels, expected.levels)


def test_8_bits_stored_in_16_have_the_same_noise(run) -> None:
    pixels = pixels_of((130, 90))
    deep = estimate(pixels.astype(np.uint16) * 257, run, SPEC, tile=TILE)
    assert deep.levels == pytest.approx(estimate(pixels, run, SPEC, tile=TILE).levels, rel=1e-4)


def test_units_come_in_any_order(run) -> None:
    pixels = pixels_of((201, 333))
    work = Estimating(pixels, SPEC, tile=TILE)
    order = np.random.default_rng(0).permutation(work.count)
    assert work.count > 4
    outputs = {unit: run({"image": work.feed(unit)["image"][None]})[0] for unit in order}
    for unit in order[::-1]:
        work.accept(unit, outputs[unit])
    assert np.array_equal(work.noise_map.levels, estimate(pixels, run, SPEC, tile=TILE).levels)


def test_units_have_one_shape_that_the_network_takes() -> None:
    work = Estimating(pixels_of((201, 333)), SPEC, tile=TILE)
    assert {work.feed(unit)["image"].shape for unit in range(work.count)} == {(*work.shape, 3)}
    assert not any(side % BLOCK for side in work.shape)


def test_levels_lie_where_the_picture_has_them() -> None:
    pixels = np.zeros((203, 335, 1), np.uint8)
    pixels[96:] = 255
    levels = estimate(pixels, brightness, SPEC, tile=TILE).levels
    assert levels[:12] == pytest.approx(0, abs=0.2)
    assert levels[12:] == pytest.approx(10, rel=0.02)


def contrast(feed: Feed) -> FloatImage:
    """Stand for an estimator that takes all contrast within a block for noise, and is sure of it."""
    count, height, width, _ = feed["image"].shape
    blocks = feed["image"].reshape(count, height // BLOCK, BLOCK, width // BLOCK, BLOCK, 3).std(axis=(2, 4, 5))
    return np.stack([np.log1p(255 * blocks), np.full_like(blocks, -10)], axis=-1)


@pytest.mark.parametrize(("texture", "expected"), [(0.5, 4.0), (0.2, 20.0)])
@pytest.mark.parametrize("size", [(203, 335), (96, 160)])
def test_texture_as_bright_as_smooth_parts_has_hardly_more_noise(
    texture: float, expected: float, size: tuple[int, int]
) -> None:
    """A deviation of 20 beside one of 2: lowered to twice that where the mean is the same, in tiles too."""
    noise = np.random.default_rng(0).choice([-1.0, 1.0], (*size, 1)).astype(np.float32) / 255
    pixels = 0.5 + 2 * noise
    pixels[:, :80] = texture + 20 * noise[:, :80]
    levels = estimate(pixels, contrast, SPEC, tile=TILE).levels
    whole = levels[: size[0] // BLOCK]
    assert whole[:, :10] == pytest.approx(expected, rel=0.2)
    assert whole[:, 10:20] == pytest.approx(2, rel=0.2)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_blocks_with_hidden_pixels_do_not_count_for_others(dtype: type) -> None:
    generator = np.random.default_rng(0)
    pixels = generator.uniform(0.4, 0.6, (80, 203, 3)).astype(np.float32)
    pixels[:, 100:] = 1.0
    alpha = np.ones((80, 203), dtype)
    alpha[:, 100:] = 0
    levels = _of(pixels, alpha).noise_map.levels
    assert np.allclose(levels[:, :12], combine(_of(pixels, None)._estimates[:, :12]).levels)
    assert not np.allclose(levels[:, :12], _of(pixels, None).noise_map.levels[:, :12])
    assert np.allclose(_of(pixels, np.zeros_like(alpha)).noise_map.levels, _of(pixels, None).noise_map.levels)


def _of(pixels: Pixels, alpha: np.ndarray | None) -> Estimating:
    work = Estimating(pixels, SPEC, tile=TILE, alpha=alpha)
    for unit in range(work.count):
        work.accept(unit, brightness({"image": work.feed(unit)["image"][None]})[0])
    return work
