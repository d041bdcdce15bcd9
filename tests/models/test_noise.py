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


def test_large_pictures_cost_no_more_patches() -> None:
    from models.noise import MAX_PATCHES, _patches

    patches = _patches(np.zeros((2000, 3000), np.uint8))
    assert MAX_PATCHES / 2 < len(patches) <= MAX_PATCHES * 1.1
