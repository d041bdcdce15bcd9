"""What all tests share: real photographs, noise, files, measures."""

import io

import numpy as np
import pytest
from PIL import Image
from skimage import data

NOISE_SIGMA = 25.0


def png(pixels: np.ndarray) -> bytes:
    """Return (H, W), (H, W, 2), (H, W, 3) or (H, W, 4) uint8 as a PNG file."""
    return encoded(pixels, "PNG")


def encoded(pixels: np.ndarray, format_: str, **options: object) -> bytes:
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, format=format_, **options)
    return target.getvalue()


def decoded(file: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(file)) as image:
        return np.asarray(image)


def with_noise(clean: np.ndarray, sigma: float = NOISE_SIGMA, seed: int = 0) -> np.ndarray:
    """Return uint8 `clean` with Gaussian noise, clipped and rounded: what a client can upload."""
    noise = np.random.default_rng(seed).standard_normal(clean.shape) * sigma
    return np.rint(np.clip(clean + noise, 0, 255)).astype(np.uint8)


def psnr(clean: np.ndarray, other: np.ndarray) -> float:
    error = np.mean((clean.astype(float) - other.astype(float)) ** 2)
    return float(10 * np.log10(255**2 / error)) if error else float("inf")


@pytest.fixture(scope="session")
def photograph() -> np.ndarray:
    """A photograph, 300 x 451 x 3: no side is a multiple of anything the network likes."""
    return np.ascontiguousarray(data.chelsea())


@pytest.fixture(scope="session")
def gray_photograph() -> np.ndarray:
    """A gray photograph, 512 x 512."""
    return np.ascontiguousarray(data.camera())


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
