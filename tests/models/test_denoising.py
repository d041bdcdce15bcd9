"""How pictures of one kind go through networks of another, and what the photo network promises."""

import numpy as np
import pytest

from models.card import Input
from models.denoising import denoise
from models.store import BUNDLED, newest, verify


def test_gray_network_sees_the_colours_as_pictures_of_their_own(photograph: np.ndarray) -> None:
    shapes = []

    def invert(feed):
        shapes.append(feed["image"].shape)
        return 1 - feed["image"]

    result = denoise(photograph, invert, Input(channels=1, multiple=4), tile=512)
    assert np.array_equal(result, 255 - photograph)
    assert shapes == [(1, 320, 512, 1)] * 3


def test_colour_network_sees_gray_three_times(gray_photograph: np.ndarray) -> None:
    def tint(feed):
        assert np.array_equal(feed["image"][..., 0], feed["image"][..., 2])
        return feed["image"] + np.array([0, 0.1, 0.2], np.float32)

    result = denoise(gray_photograph[..., None] // 2, tint, Input(channels=3), tile=512)
    assert np.abs(result[..., 0].astype(int) - (gray_photograph // 2) - 0.1 * 255).max() <= 1


def test_sigma_becomes_a_map_on_the_scale_of_the_pixels() -> None:
    levels = []

    def run(feed):
        levels.append(feed["sigma"])
        return feed["image"]

    denoise(np.zeros((10, 20, 3), np.uint8), run, Input(channels=3, multiple=4), tile=64, sigma=51)
    assert levels[0].shape == (1, 28, 28, 1)
    assert np.allclose(levels[0], 0.2)


@pytest.fixture(scope="module", params=["denoiser", "white", "white-gray"])
def photo(request: pytest.FixtureRequest):
    from models.loader import load
    from training.inference import runner

    return runner(load(verify(newest(BUNDLED, "photo"))).get_layer(request.param))


@pytest.mark.parametrize("factor", [0.25, 3.0])
def test_photo_network_scales_with_its_input(photo, photograph: np.ndarray, factor: float) -> None:
    """Bias-free: f(a·x, a·sigma) = a·f(x, sigma)."""
    image = photograph[None, :128, :160].astype(np.float32) / 255
    sigma = np.full((1, 128, 160, 1), 0.1, np.float32)
    once = photo({"image": image, "sigma": sigma})
    scaled = photo({"image": factor * image, "sigma": np.float32(factor) * sigma})
    assert np.abs(scaled - factor * once).max() < 1e-4 * factor
