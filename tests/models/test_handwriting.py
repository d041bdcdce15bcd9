"""Digits on paper, found and brought to MNIST's form, and what comes of that put back."""

from contextlib import suppress

import numpy as np
import pytest

from models.card import Input
from models.cutout import Cutout
from models.handwriting import NoInk, handwritten
from models.paper import ink_on, paper_under
from models.strokes import digit_among

SPEC = Input(channels=1, height=28, width=28)


def paper(height: int = 200, width: int = 300, level: float = 200.0) -> np.ndarray:
    """Paper with some grain, (H, W, 1) uint8, lit from the left."""
    light = level * np.linspace(1, 0.7, width) * np.ones((height, 1))
    grain = np.random.default_rng(0).normal(0, 2, (height, width))
    return np.rint(light + grain).astype(np.uint8)[..., None]


def stroke(picture: np.ndarray, rows: slice, columns: slice, share: float = 0.3) -> np.ndarray:
    """Return the picture with ink that leaves a share of the light."""
    result = picture.copy()
    result[rows, columns] = np.rint(result[rows, columns] * share).astype(picture.dtype)
    return result


def box(image: np.ndarray) -> tuple[int, int, int, int]:
    rows, columns = np.nonzero(image[..., 0] > 0.5)
    return rows.min(), rows.max(), columns.min(), columns.max()


def found(picture: np.ndarray) -> Cutout:
    return handwritten(picture, None, SPEC)


@pytest.mark.parametrize("length", [40, 80, 150])
@pytest.mark.parametrize("top", [3, 20])
def test_digit_is_20_pixels_long_with_its_mass_in_the_middle(length: int, top: int) -> None:
    image = found(stroke(paper(), slice(top, top + length), slice(50, 50 + length // 8))).image
    assert image.shape == (28, 28, 1)
    assert image.dtype == np.float32
    first, last, left, right = box(image)
    assert last - first == pytest.approx(19, abs=1)
    assert (first + last) / 2 == pytest.approx(14, abs=1)
    assert (left + right) / 2 == pytest.approx(14, abs=1)
    assert (image.min(), image.max()) == (0, 1)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
def test_depth_and_channels_do_not_matter(dtype: type, channels: int) -> None:
    picture = stroke(paper(), slice(50, 120), slice(100, 110))
    expected = found(picture).image
    values = np.repeat(picture, channels, axis=2).astype(dtype) * dtype(np.iinfo(dtype).max // 255)
    assert np.array_equal(found(values).image, expected)


def test_wide_shadow_is_no_ink() -> None:
    picture = stroke(paper(), slice(40, 100), slice(60, 68))
    shaded = stroke(picture, slice(0, 200), slice(150, 300), share=0.5)
    assert np.abs(found(shaded).image - found(picture).image).mean() < 0.01


def test_specks_and_the_papers_edge_are_not_the_digit() -> None:
    picture = stroke(paper(), slice(40, 100), slice(60, 68))
    disturbed = stroke(picture, slice(150, 153), slice(250, 253), share=0.1)
    disturbed = stroke(disturbed, slice(190, 200), slice(0, 300), share=0.1)
    assert np.abs(found(disturbed).image - found(picture).image).mean() < 0.01


def test_parts_of_a_digit_belong_together() -> None:
    whole = stroke(stroke(paper(), slice(40, 100), slice(100, 108)), slice(40, 48), slice(113, 140))
    square = found(whole).square
    assert square.left * 300 < 100
    assert square.right * 300 > 140


def test_faint_and_thin_ink_is_found() -> None:
    assert box(found(stroke(paper(), slice(40, 100), slice(60, 62), share=0.6)).image)[1] > 20


@pytest.mark.parametrize(
    "picture",
    [
        paper(),
        paper(3, 400),
        np.full((40, 40, 3), 255, np.uint8),
        np.zeros((40, 40, 1), np.uint8),
        np.full((1, 1, 1), 9, np.uint16),
        stroke(paper(), slice(100, 103), slice(100, 103)),
        np.linspace(60, 255, 100 * 100).reshape(100, 100, 1).astype(np.uint8),
    ],
)
def test_paper_without_a_digit(picture: np.ndarray) -> None:
    with pytest.raises(NoInk, match="no ink found"):
        found(picture)


@pytest.mark.parametrize("seed", range(4))
def test_noise_alone_breaks_nothing(seed: int) -> None:
    picture = np.random.default_rng(seed).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    with suppress(NoInk):
        assert np.isfinite(found(picture).image).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_reconstruction_is_ink_on_that_paper_and_the_rest_stays(dtype: type) -> None:
    picture = stroke(np.repeat(paper(), 3, axis=2), slice(60, 120), slice(200, 208))
    picture = picture.astype(dtype) * dtype(np.iinfo(dtype).max // 255)
    digit = found(picture)
    again = digit.placed(digit.image, picture)
    rows, columns = digit.square.within(200, 300)
    outside = np.ones((200, 300), bool)
    outside[rows, columns] = False
    assert again.dtype == dtype
    assert np.array_equal(again[outside], picture[outside])
    assert np.abs(again / np.iinfo(dtype).max - picture / np.iinfo(dtype).max).mean() < 0.02
    blank = digit.placed(np.zeros_like(digit.image), picture)
    assert blank[rows, columns].min() > 0.5 * np.iinfo(dtype).max


def test_square_may_reach_beyond_the_picture() -> None:
    picture = stroke(paper(100, 60), slice(4, 96), slice(30, 38))
    digit = found(picture)
    assert digit.square.left < 0
    assert digit.placed(digit.image, picture).shape == picture.shape
    spread = digit.spread(np.ones((28, 28), np.float32), 100, 60)
    assert spread.shape == (100, 60)
    assert spread.min() > 0.99


def test_values_are_spread_over_the_square_alone() -> None:
    digit = found(stroke(paper(), slice(60, 120), slice(200, 208)))
    spread = digit.spread(np.ones((28, 28), np.float32), 200, 300)
    rows, columns = digit.square.within(200, 300)
    assert spread[rows, columns].min() > 0.99
    assert spread.sum() == pytest.approx(spread[rows, columns].sum())


def test_paper_is_as_bright_as_around_the_ink() -> None:
    plane = np.full((100, 100), 0.8, np.float32)
    plane[30:60, 50:56] = 0.2
    under = paper_under(plane)
    assert under == pytest.approx(np.full(under.shape, 0.8), abs=0.01)
    assert ink_on(plane, under)[45, 53] == pytest.approx(0.75, abs=0.02)


def test_marks_that_touch_by_their_corners_are_one() -> None:
    marks = np.zeros((60, 60), bool)
    marks[np.arange(10, 40), np.arange(10, 40)] = True
    kept = digit_among(marks, np.ones((60, 60), np.float32), inside=True)
    assert kept[marks].all()


def test_nothing_among_no_marks() -> None:
    assert not digit_among(np.zeros((50, 70), bool), np.zeros((50, 70), np.float32), inside=False).any()
