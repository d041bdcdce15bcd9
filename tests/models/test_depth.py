"""Pictures of 16 bits keep them on their way through denoisers and autoencoders."""

import numpy as np
import pytest

from models.autoencoding import to_input, to_picture
from models.card import Input
from models.denoising import denoise


def deep(photograph: np.ndarray, channels: int) -> np.ndarray:
    """Return a photograph with real 16-bit content, (H, W, channels) uint16."""
    noise = np.random.default_rng(0).standard_normal((*photograph.shape[:2], channels))
    return np.rint(np.clip(photograph[..., :channels] / 255 + noise / 50, 0, 1) * 65535).astype(np.uint16)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("network", [1, 3])
def test_identity_returns_every_16_bit_value(photograph: np.ndarray, channels: int, network: int) -> None:
    pixels = deep(photograph, channels)
    result = denoise(pixels, lambda feed: feed["image"], Input(channels=network, multiple=4), tile=128)
    assert result.dtype == np.uint16
    assert np.array_equal(result, pixels)


def test_networks_see_the_same_scale_at_both_depths(photograph: np.ndarray) -> None:
    seen = []

    def run(feed):
        seen.append(feed["image"])
        return feed["image"]

    for pixels in (photograph, photograph.astype(np.uint16) * 257):
        denoise(pixels, run, Input(channels=3, multiple=4), tile=512)
    assert np.abs(seen[0] - seen[1]).max() < 1e-7


def test_floats_come_out_as_bytes() -> None:
    pixels = np.full((8, 8, 1), 0.2, np.float32)
    result = denoise(pixels, lambda feed: feed["image"], Input(channels=1, multiple=4), tile=64)
    assert result.dtype == np.uint8
    assert (result == 51).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_autoencoders_answer_at_the_depth_asked(photograph: np.ndarray, dtype: type) -> None:
    pixels = photograph if dtype == np.uint8 else deep(photograph, 3)
    values = to_input(pixels, Input(channels=3, height=pixels.shape[0], width=pixels.shape[1]))
    picture = to_picture(values, *pixels.shape, dtype=pixels.dtype)
    assert picture.dtype == dtype
    assert np.array_equal(picture, pixels)
