"""What `photo` takes for white noise, and what not: photographs with the one and the other."""

import numpy as np
import pytest
from skimage import data

from models.estimating import estimate
from models.pixels import to_bytes, to_float
from models.store import BUNDLED, newest, verify
from models.tiles import DEFAULT_TILE
from training.degradations import gaussian
from training.degradations.camera import Camera


@pytest.fixture(scope="module")
def look():
    """What `photo` finds in a picture, as the service does."""
    from models.loader import ESTIMATOR, load

    artifact = verify(newest(BUNDLED, "photo"))
    estimator = load(artifact).get_layer(ESTIMATOR)
    run = lambda feed: np.asarray(estimator(feed["image"]))  # noqa: E731
    return lambda pixels: estimate(pixels, run, artifact.card.estimator, tile=DEFAULT_TILE)


PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket", "camera", "coins")


def photograph(name: str) -> np.ndarray:
    pixels = getattr(data, name)()[:320, :384]
    return pixels if pixels.ndim == 3 else pixels[..., None]


@pytest.mark.parametrize("sigma", [5.0, 15.0, 50.0])
@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_photo_knows_white_noise(look, name: str, sigma: float) -> None:
    noisy = gaussian(to_float(photograph(name)), sigma, np.random.default_rng(0))
    assert look(noisy).white
    assert look(to_bytes(noisy)).white, "clipped and rounded, as uploads are"


@pytest.mark.parametrize("name", PHOTOGRAPHS[:4])
def test_photo_knows_a_cameras_noise(look, name: str) -> None:
    rng = np.random.default_rng(1)
    found = [look(Camera.draw(rng).shoot(to_float(photograph(name)), rng)[0]).white for _ in range(8)]
    assert sum(found) <= 1
