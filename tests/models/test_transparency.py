"""Colours under transparency: kept out of the visible edge, and given back."""

from collections.abc import Callable

import numpy as np
import pytest

from models import transparency
from models.denoising import Run, denoise
from models.loader import denoiser_of, load
from models.store import BUNDLED, newest, verify
from models.transparency import fill_hidden, restore_hidden
from tests.conftest import psnr, with_noise
from training.inference import runner

REACH = 8


def distances(shape: tuple[int, int]) -> np.ndarray:
    """Return how far each pixel is from the middle."""
    rows, columns = np.indices(shape)
    return np.hypot(rows - shape[0] / 2, columns - shape[1] / 2)


def disc(shape: tuple[int, int], radius: float, dtype: type = np.uint8) -> np.ndarray:
    return ((distances(shape) < radius) * np.iinfo(dtype).max).astype(dtype)


@pytest.fixture(scope="module")
def run() -> Run:
    return runner(denoiser_of(load(verify(newest(BUNDLED, "photo")))))


@pytest.fixture(scope="module")
def clean_rim(run: Run, photograph: np.ndarray) -> Callable[[np.ndarray], float]:
    """Denoise a noisy photograph and tell the PSNR of the outermost 8 pixels of a disc in it."""
    spec = verify(newest(BUNDLED, "photo")).card.input
    distance = distances(photograph.shape[:2])
    rim = (distance < 110) & (distance >= 102)

    def _clean_rim(noisy: np.ndarray) -> float:
        return psnr(photograph[rim], denoise(noisy, run, spec, tile=512, sigma=25)[rim])

    return _clean_rim


@pytest.mark.parametrize("hidden", [0, 255])
def test_edge_of_a_disc_is_as_clean_as_in_the_whole_photograph(
    photograph: np.ndarray, clean_rim: Callable[[np.ndarray], float], hidden: int
) -> None:
    alpha = disc(photograph.shape[:2], 110)
    noisy = with_noise(photograph)
    cut_out = np.where(alpha[..., None] > 0, noisy, np.uint8(hidden))
    whole = clean_rim(noisy)
    assert clean_rim(fill_hidden(cut_out, alpha, 28)) > whole - 1
    assert clean_rim(cut_out) < whole - 2


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_hidden_pixels_become_reflections_and_visible_ones_stay(dtype: type) -> None:
    row = np.array([9, 9, 9, 1, 2, 3, 4, 9, 9, 9], dtype)
    alpha = np.array([0, 0, 0, 1, 1, 1, 1, 0, 0, 0], dtype)
    for axis in (0, 1):
        pixels = np.expand_dims(row, (1 - axis, 2))
        filled = fill_hidden(pixels, np.expand_dims(alpha, 1 - axis), REACH)
        assert filled.dtype == dtype
        assert filled.ravel().tolist() == [4, 3, 2, 1, 2, 3, 4, 3, 2, 1]


def test_what_has_no_reflection_takes_the_nearest_colour() -> None:
    pixels = np.array([0, 0, 0, 7, 8, 0, 0, 0], np.uint8)[None, :, None]
    filled = fill_hidden(pixels, np.where(pixels[..., 0] > 0, 255, 0).astype(np.uint8), REACH)
    assert filled.ravel().tolist() == [7, 7, 8, 7, 8, 7, 8, 8]


def test_faint_pixels_keep_their_colours_and_lend_them() -> None:
    pixels = np.array([10, 20, 0, 0], np.uint8)[None, :, None]
    alpha = np.array([[1, 1, 0, 0]], np.uint8)
    assert fill_hidden(pixels, alpha, REACH).ravel().tolist() == [10, 20, 10, 20]


def test_corners_are_filled_from_what_was_filled_beside_them(photograph: np.ndarray) -> None:
    """As np.pad does it; what is far from anything visible keeps its colour."""
    picture = photograph[:20, :20]
    alpha = np.pad(np.full((20, 20), 255, np.uint8), 30)
    filled = fill_hidden(np.pad(picture, ((30, 30), (30, 30), (0, 0))), alpha, REACH)
    near, far = slice(30 - REACH, 50 + REACH), slice(30 - 2 * REACH)
    assert np.array_equal(filled[near, near], np.pad(picture, ((REACH, REACH), (REACH, REACH), (0, 0)), mode="reflect"))
    assert not filled[far].any()
    assert not filled[:, far].any()


def test_blocks_leave_no_trace(photograph: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    alpha = np.random.default_rng(0).integers(0, 300, photograph.shape[:2]) < 1
    alpha = (alpha | (disc(photograph.shape[:2], 60) > 0)).astype(np.uint8)
    at_once = fill_hidden(photograph, alpha, REACH)
    monkeypatch.setattr(transparency, "BLOCK", 37)
    assert np.array_equal(fill_hidden(photograph, alpha, REACH), at_once)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (7, 5)])
@pytest.mark.parametrize("value", [0, 1])
def test_all_hidden_or_none_is_left_alone(shape: tuple[int, int], value: int) -> None:
    pixels = np.full((*shape, 3), 77, np.uint8)
    assert fill_hidden(pixels, np.full(shape, value, np.uint8), REACH) is pixels


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_hidden_colours_come_back_to_the_bit_and_alone(dtype: type) -> None:
    rng = np.random.default_rng(0)
    original, clean = (rng.integers(0, np.iinfo(dtype).max, (50, 70, 3)).astype(dtype) for _ in range(2))
    alpha = disc((50, 70), 20, dtype)
    before = clean.copy()
    restore_hidden(clean, original, alpha)
    assert np.array_equal(clean[alpha == 0], original[alpha == 0])
    assert np.array_equal(clean[alpha > 0], before[alpha > 0])
