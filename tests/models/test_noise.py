"""The classical estimate of the noise level, on photographs with noise of a known one."""

import io

import numpy as np
import pytest
from PIL import Image
from skimage import data

from models.noise import estimate_sigma
from tests.conftest import with_noise


@pytest.mark.parametrize("sigma", [5, 10, 25, 50])
@pytest.mark.parametrize("name", ["chelsea", "coffee", "camera", "astronaut"])
def test_known_noise_is_found(name: str, sigma: float) -> None:
    clean = getattr(data, name)()
    noisy = with_noise(clean if clean.ndim == 3 else clean[..., None], sigma)
    assert estimate_sigma(noisy) == pytest.approx(sigma, rel=0.15, abs=1)


def test_gray_stored_as_rgb_counts_as_gray(gray_photograph: np.ndarray) -> None:
    noisy = with_noise(gray_photograph)[..., None]
    assert estimate_sigma(np.repeat(noisy, 3, axis=2)) == estimate_sigma(noisy)


def test_coarse_chroma_of_a_jpeg_does_not_hide_the_noise(photograph: np.ndarray) -> None:
    target = io.BytesIO()
    Image.fromarray(with_noise(photograph)).save(target, format="JPEG", quality=90, subsampling="4:2:0")
    decoded = np.asarray(Image.open(target))
    left = np.sqrt(np.mean((decoded.astype(float) - photograph) ** 2))
    assert estimate_sigma(decoded) == pytest.approx(left, rel=0.2)


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 50, 1), (2, 2, 3), (9, 9, 1), (40, 60, 3)])
def test_flat_pictures_of_any_size_have_none(shape: tuple[int, ...]) -> None:
    assert estimate_sigma(np.full(shape, 200, np.uint8)) == 0


@pytest.mark.parametrize("sigma", [0, 5, 60])
def test_8_bits_stored_in_16_have_the_same_noise(photograph: np.ndarray, sigma: float) -> None:
    """The strongest noise is clipped at black and white, which 16 bits have elsewhere."""
    noisy = with_noise(photograph, sigma)
    assert estimate_sigma(noisy.astype(np.uint16) * 257) == pytest.approx(estimate_sigma(noisy), abs=1e-3)


def test_noise_below_one_level_is_found_in_16_bits() -> None:
    noise = np.random.default_rng(0).standard_normal((200, 300, 1))
    assert estimate_sigma(np.rint(30_000 + 0.1 * 257 * noise).astype(np.uint16)) == pytest.approx(0.1, rel=0.05)


@pytest.mark.parametrize("radius", [20, 110])
@pytest.mark.parametrize("hidden", [0, 128])
def test_hidden_pixels_say_nothing_of_the_noise(photograph: np.ndarray, hidden: int, radius: int) -> None:
    rows, columns = np.indices(photograph.shape[:2])
    visible = np.hypot(rows - 150, columns - 225) < radius
    pixels = np.where(visible[..., None], with_noise(photograph), np.uint8(hidden))
    assert estimate_sigma(pixels, visible.astype(np.uint8)) == pytest.approx(25, rel=0.1)


def test_all_hidden_has_no_noise(photograph: np.ndarray) -> None:
    assert estimate_sigma(photograph, np.zeros(photograph.shape[:2], np.uint8)) == 0


def test_large_pictures_cost_no_more_patches() -> None:
    from models.noise import MAX_PATCHES, _patches

    patches = _patches(np.zeros((2000, 3000), np.uint8), None)
    assert MAX_PATCHES / 2 < len(patches) <= MAX_PATCHES * 1.1
