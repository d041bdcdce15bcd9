"""Masks: what is white in one, and what a network sees and changes of a picture with one."""

from collections.abc import Sequence

import numpy as np
import pytest

from models.card import Input
from models.denoising import Denoising, Feed, denoise
from models.masks import white
from models.pixels import FloatImage

SPEC = Input(channels=3, multiple=4, halo=8)
TILE = 64
LEVEL = 0.2
"""What the network of these tests puts everywhere."""


def paint(feed: Feed) -> FloatImage:
    return np.full_like(feed["image"], LEVEL)


class Watched:
    """Paints, and keeps what it was fed."""

    def __init__(self) -> None:
        self.feeds: list[Feed] = []

    def __call__(self, feed: Feed) -> FloatImage:
        self.feeds.append(feed)
        return paint(feed)


def random_pixels(shape: Sequence[int], dtype: type = np.uint8) -> np.ndarray:
    return np.random.default_rng(0).integers(1, np.iinfo(dtype).max, shape, dtype, endpoint=True)


@pytest.fixture
def mask() -> np.ndarray:
    """Two holes, one of them at the edge, in 150 x 200 pixels."""
    hidden = np.zeros((150, 200), np.bool_)
    hidden[30:50, 60:61] = True
    hidden[140:, 190:] = True
    return hidden


@pytest.mark.parametrize(
    ("colour", "expected"),
    [([127], False), ([128], True), ([255, 0, 0], False), ([0, 255, 0], True), ([127] * 3, False), ([128] * 3, True)],
)
def test_half_of_the_range_and_more_is_white(colour: list[int], expected: bool) -> None:
    pixels = np.tile(np.array(colour, np.uint8), (100, 3, 1))
    for each in (pixels, pixels.astype(np.uint16) * 257):
        found = white(each)
        assert found.shape == (100, 3)
        assert (found == expected).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("ensemble", [False, True])
def test_known_pixels_stay_to_the_bit_and_hidden_ones_are_the_networks(
    mask: np.ndarray, dtype: type, channels: int, ensemble: bool
) -> None:
    pixels = random_pixels((150, 200, channels), dtype)
    result = denoise(pixels, paint, SPEC, tile=TILE, mask=mask, ensemble=ensemble)
    assert np.array_equal(result[~mask], pixels[~mask])
    assert (result[mask] == np.rint(LEVEL * np.iinfo(dtype).max)).all()


def test_a_gray_network_repairs_each_colour(mask: np.ndarray) -> None:
    pixels = random_pixels((150, 200, 3))
    result = denoise(pixels, paint, Input(channels=1, multiple=4, halo=8), tile=TILE, mask=mask)
    assert np.array_equal(result[~mask], pixels[~mask])
    assert (result[mask] == 51).all()


def test_known_floats_are_rounded(mask: np.ndarray) -> None:
    pixels = random_pixels((150, 200, 3)).astype(np.float32) / 255
    result = denoise(pixels, paint, SPEC, tile=TILE, mask=mask)
    assert np.array_equal(result[~mask], np.rint(pixels[~mask] * 255).astype(np.uint8))


@pytest.mark.parametrize("ensemble", [False, True])
def test_the_network_is_told_the_mask_and_does_not_see_what_is_hidden(mask: np.ndarray, ensemble: bool) -> None:
    seen = Watched()
    denoise(random_pixels((150, 200, 3)), seen, SPEC, tile=TILE, mask=mask, ensemble=ensemble)
    assert {float(value) for feed in seen.feeds for value in np.unique(feed["mask"])} == {0.0, 1.0}
    for feed in seen.feeds:
        assert feed["mask"].shape == (*feed["image"].shape[:3], 1)
        assert feed["mask"].dtype == feed["image"].dtype == np.float32
        assert np.array_equal(feed["image"].max(axis=3, keepdims=True) == 0, feed["mask"] == 1)


def test_tiles_without_anything_hidden_do_not_run(mask: np.ndarray) -> None:
    pixels = random_pixels((150, 200, 3))
    assert Denoising(pixels, SPEC, tile=TILE, mask=mask).count < Denoising(pixels, SPEC, tile=TILE).count
    nothing = Denoising(pixels, SPEC, tile=TILE, mask=np.zeros_like(mask))
    assert nothing.count == 0
    assert np.array_equal(nothing.clean, pixels)


def test_a_network_that_is_to_find_holes_is_told_none_and_may_change_all(mask: np.ndarray) -> None:
    seen, pixels = Watched(), random_pixels((150, 200, 3))
    pixels[mask] = 0
    result = denoise(pixels, seen, SPEC, tile=TILE, mask="auto")
    assert all(not feed["mask"].any() and feed["mask"].shape[-1] == 1 for feed in seen.feeds)
    assert (result == 51).all()
