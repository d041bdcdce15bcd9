"""Noise levels and real photographs: found, told, and told wrong."""

from dataclasses import replace

import httpx
import numpy as np
import pytest
from skimage import data

from models.pixels import to_bytes, to_float
from tests.conftest import decoded, png, psnr, with_noise
from tests.http.test_denoise import denoise
from training.degradations.camera import Camera
from training.degradations.camera.development import Development
from training.degradations.camera.finishing import Finishing
from training.degradations.camera.sensor import Sensor

CAMERA = Camera(
    softening=1.0,
    development=Development(cameras=(0.25, 0.25, 0.25, 0.25), gains=(2.6, 1.25, 2.1), curved=False),
    sensor=Sensor(shot=4e-4, read=1e-6, phase=(0, 0), method="bilinear", ideal=True),
    finishing=Finishing(luma=0.5, chroma=0.5, keeps_detail=True, sharpening=0.0),
    quality=95,
    subsampled=False,
    origin=(0, 0),
)
"""Its noise is correlated: by interpolated colours, by the camera's own noise reduction, by JPEG."""
PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "camera")
AUTO = "auto"


def photograph_of(name: str) -> np.ndarray:
    """Return one of scikit-image's photographs, (H, W, 3) or (H, W), sides even."""
    picture = getattr(data, name)()
    return np.ascontiguousarray(picture[: picture.shape[0] // 2 * 2, : picture.shape[1] // 2 * 2])


async def cleaned(client: httpx.AsyncClient, pixels: np.ndarray, sigma: float | str) -> np.ndarray:
    return decoded((await denoise(client, png(pixels), sigma=sigma)).content)


def neighbours_correlation(noise: np.ndarray) -> float:
    """Return the correlation of horizontal neighbours."""
    return float(np.corrcoef(noise[:, 1:].ravel(), noise[:, :-1].ravel())[0, 1])


def block_means(values: np.ndarray, side: int = 32) -> np.ndarray:
    """Return the means of (H, W, C) over whole blocks of `side` x `side` pixels."""
    height, width = (length // side for length in values.shape[:2])
    blocks = values[: height * side, : width * side].reshape(height, side, width, side, -1)
    return blocks.mean(axis=(1, 3))


def roughness(values: np.ndarray) -> float:
    """Return the mean difference of horizontal neighbours."""
    return float(np.abs(np.diff(values.astype(float), axis=1)).mean())


@pytest.mark.parametrize("sigma", [15, 25, 50])
@pytest.mark.parametrize("name", PHOTOGRAPHS)
async def test_auto_finds_the_noise_level_and_loses_little_by_it(
    client: httpx.AsyncClient, name: str, sigma: float
) -> None:
    """`camera` has grain of its own, about 3, and grass: found as noise too, and missed where noise is weak."""
    clean = photograph_of(name)
    noisy = with_noise(clean, sigma)
    told = await cleaned(client, noisy, sigma)
    found = await denoise(client, png(noisy))
    assert float(found.headers["x-noise-sigma"]) == pytest.approx(sigma, rel=0.15)
    assert psnr(clean, decoded(found.content)) > psnr(clean, told) - (0.2 if name == "camera" else 0.1)


async def test_auto_leaves_photographs_without_noise_almost_as_they_are(client: httpx.AsyncClient) -> None:
    """`camera` has grain of its own and grass, which look alike."""
    clean = [photograph_of(name) for name in PHOTOGRAPHS]
    kept = [psnr(each, await cleaned(client, each, AUTO)) for each in clean]
    assert np.mean(kept) >= 45
    assert min(kept) >= 42


@pytest.mark.parametrize(("name", "shot"), [("astronaut", 3e-4), ("chelsea", 6e-4), ("coffee", 2e-4)])
async def test_auto_cleans_a_photograph_of_a_camera(client: httpx.AsyncClient, name: str, shot: float) -> None:
    camera = replace(CAMERA, sensor=replace(CAMERA.sensor, shot=shot))
    noisy, clean = (to_bytes(each) for each in camera.shoot(to_float(photograph_of(name)), np.random.default_rng(0)))
    noise = noisy.astype(float) - clean
    assert 4.5 < noise.std() < 5.5
    assert neighbours_correlation(noise) > 0.4
    assert psnr(clean, await cleaned(client, noisy, AUTO)) >= psnr(clean, noisy) + 2


@pytest.mark.parametrize("sigma", [25, AUTO])
@pytest.mark.parametrize("name", PHOTOGRAPHS)
async def test_mean_colour_stays(client: httpx.AsyncClient, name: str, sigma: float | str) -> None:
    """In pictures that noise does not clip: clipping shifts the mean, and a good network takes some of that back."""
    noisy = with_noise(64 + photograph_of(name) // 2)
    removed = noisy.astype(float) - await cleaned(client, noisy, sigma)
    assert np.abs(removed.mean(axis=(0, 1))).max() < 0.2


@pytest.mark.parametrize("shape", [(65, 90), (65, 90, 3)])
@pytest.mark.parametrize("level", [64, 128, 192])
async def test_flat_picture_told_of_strong_noise_gets_no_structure(
    client: httpx.AsyncClient, level: int, shape: tuple[int, ...]
) -> None:
    flat = np.full(shape, level, np.uint8)
    changed = (await cleaned(client, flat, 50)).astype(int) - level
    assert np.abs(changed).max() <= 4
    assert np.abs(changed[12:-12, 12:-12]).max() <= 2
    assert np.abs(changed.mean()) < 0.5


@pytest.mark.parametrize("sigma", [10, 25])
@pytest.mark.parametrize("name", PHOTOGRAPHS)
async def test_twice_the_level_loses_detail_and_adds_nothing(
    client: httpx.AsyncClient, name: str, sigma: float
) -> None:
    """No speckle is left, no block changes its colour; the noise is not clipped, which would change it by itself."""
    clean = 64 + photograph_of(name) // 2
    noisy = with_noise(clean, sigma)
    right, smooth = [await cleaned(client, noisy, each) for each in (sigma, 2 * sigma)]
    assert roughness(smooth) < 1.05 * roughness(right)
    assert psnr(clean, right) - 3 < psnr(clean, smooth)
    assert np.abs(block_means(smooth.astype(float) - clean)).mean() < 1.5
