"""POST /denoise by `photo` and by `photo-best`: what the larger tier's work buys."""

import httpx
import numpy as np
import pytest
from skimage import data

from models.pixels import to_bytes, to_float
from tests.conftest import decoded, png, psnr, with_noise
from tests.http.test_denoise import denoise
from tests.http.test_levels import CAMERA

TIERS = ("photo", "photo-best")
PICTURES = {
    "astronaut": data.astronaut()[:192, 100:356],
    "chelsea": data.chelsea()[60:252, 60:316],
    "coffee": data.coffee()[100:292, 150:406],
    "camera": data.camera()[80:272, 130:386],
}


async def quality_of(client: httpx.AsyncClient, noisy: np.ndarray, clean: np.ndarray, **options: object) -> list[float]:
    """Return the PSNR of what each tier makes of `noisy`, in dB."""
    answers = [await denoise(client, png(noisy), model=model, **options) for model in TIERS]
    assert [answer.headers["X-Model"].partition("@")[0] for answer in answers] == list(TIERS)
    return [psnr(clean, decoded(answer.content)) for answer in answers]


@pytest.mark.parametrize("sigma", [15, 25, 50])
@pytest.mark.parametrize("told", [True, False])
async def test_the_larger_tier_is_better_on_white_noise(client: httpx.AsyncClient, sigma: int, *, told: bool) -> None:
    level = sigma if told else "auto"
    gains = []
    for clean in PICTURES.values():
        small, large = await quality_of(client, with_noise(clean, sigma), clean, sigma=level)
        gains.append(large - small)
    assert min(gains) > -0.05
    assert np.mean(gains) > 0.05


@pytest.mark.parametrize("name", ["astronaut", "coffee"])
async def test_a_cameras_noise_is_removed_as_well(client: httpx.AsyncClient, name: str) -> None:
    noisy, clean = map(to_bytes, CAMERA.shoot(to_float(PICTURES[name]), np.random.default_rng(0)))
    small, large = await quality_of(client, noisy, clean)
    assert large > small - 0.05
    assert large > psnr(clean, noisy) + 2


@pytest.mark.parametrize("sigma", [0, "auto"])
async def test_a_clean_picture_stays_as_it_is(client: httpx.AsyncClient, sigma: float | str) -> None:
    clean = PICTURES["coffee"]
    _, large = await quality_of(client, clean, clean, sigma=sigma)
    assert large > 45
