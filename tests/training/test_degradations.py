"""The statistics of the noise models, and of the two protocols."""

from itertools import pairwise

import numpy as np
import pytest

from models.pixels import FloatImage, to_bytes, to_float
from training.degradations import (
    blacked_out,
    box_mask,
    boxes,
    gaussian,
    jpeg,
    poisson,
    resized,
    salt_and_pepper,
    speckle,
)
from training.evaluate import degrade


def flat(level: float, side: int = 200) -> FloatImage:
    return np.full((side, side, 3), level, np.float32)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.mark.parametrize("sigma", [0, 15, 75])
def test_gaussian_noise_has_its_level_and_no_bias(sigma: float) -> None:
    clean = np.full((200, 200, 3), 0.5, np.float32)
    noise = (gaussian(clean, sigma, np.random.default_rng(0)) - clean) * 255
    assert noise.std() == pytest.approx(sigma, rel=0.01, abs=1e-3)
    assert abs(noise.mean()) <= 0.01 * sigma + 1e-3
    assert noise.dtype == np.float32


def test_channels_have_noise_of_their_own_unless_shared() -> None:
    clean = np.zeros((100, 100, 3), np.float32)
    own, shared = (gaussian(clean, 25, np.random.default_rng(0), shared=each) for each in (False, True))
    assert abs(np.corrcoef(own[..., 0].ravel(), own[..., 1].ravel())[0, 1]) < 0.05
    assert np.array_equal(shared[..., 0], shared[..., 2])


def test_protocols_differ_by_clipping_and_rounding_alone(photograph: np.ndarray) -> None:
    as_floats, as_file = degrade(photograph, 25, "float"), degrade(photograph, 25, "http")
    assert as_floats.dtype == np.float32
    assert as_floats.min() < 0
    assert as_file.dtype == np.uint8
    assert np.array_equal(as_file, np.rint(np.clip(as_floats, 0, 1) * 255).astype(np.uint8))
    assert np.array_equal(as_file, degrade(photograph, 25, "http"))


@pytest.mark.parametrize("level", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("photons", [10.0, 500.0])
def test_shot_noise_has_the_variance_of_its_photons(level: float, photons: float, rng: np.random.Generator) -> None:
    noisy = poisson(flat(level), photons, rng)
    assert noisy.dtype == np.float32
    assert noisy.mean() == pytest.approx(level, rel=0.01)
    assert noisy.var() == pytest.approx(level / photons, rel=0.03)
    assert np.allclose(noisy * photons, np.rint(noisy * photons), atol=1e-3)


def test_shot_noise_can_be_shared_by_the_channels_of_a_gray_picture(rng: np.random.Generator) -> None:
    noisy = poisson(flat(0.5), 100, rng, shared=True)
    assert np.array_equal(noisy[..., 0], noisy[..., 2])
    assert noisy.var() == pytest.approx(0.5 / 100, rel=0.03)


def test_where_there_is_no_light_there_is_no_shot_noise(rng: np.random.Generator) -> None:
    assert not (poisson(flat(-0.2), 50, rng) + np.float32(0.2)).any()


def test_speckle_grows_with_the_signal(rng: np.random.Generator) -> None:
    deviations = [speckle(flat(level), 51, rng).std() for level in (0.0, 0.25, 1.0)]
    assert deviations == pytest.approx([0.0, 0.05, 0.2], rel=0.02)
    assert speckle(flat(1.0), 51, rng).dtype == np.float32


def test_salt_and_pepper_takes_whole_pixels_in_equal_shares(rng: np.random.Generator) -> None:
    clean = flat(0.5)
    noisy = salt_and_pepper(clean, 0.1, rng)
    salt, pepper = (noisy == 1).all(axis=-1), (noisy == 0).all(axis=-1)
    assert salt.mean() == pytest.approx(0.05, rel=0.1)
    assert pepper.mean() == pytest.approx(0.05, rel=0.1)
    assert np.array_equal(noisy[~(salt | pepper)], clean[~(salt | pepper)])
    assert np.array_equal(clean, flat(0.5))


def test_boxes_cover_what_their_sides_say(rng: np.random.Generator) -> None:
    covered = [int((boxes(flat(2.0, 64), 1, rng, sides=(3, 5))[..., 0] != 2).sum()) for _ in range(400)]
    assert set(covered) == {9, 12, 15, 16, 20, 25}
    assert np.mean(covered) == pytest.approx(16, rel=0.05)


def test_a_box_has_one_colour_and_may_touch_the_edge(rng: np.random.Generator) -> None:
    noisy = boxes(flat(2.0, 8), 1, rng, sides=(8, 8))
    assert len(np.unique(noisy.reshape(-1, 3), axis=0)) == 1
    assert 0 <= noisy.min() <= noisy.max() <= 1


def test_a_mask_tells_the_boxes_that_are_blacked_out(rng: np.random.Generator) -> None:
    clean = flat(2.0, 64)
    mask = box_mask(clean.shape, 3, rng, sides=(4, 9))
    assert mask.shape == (64, 64)
    assert 16 <= mask.sum() <= 3 * 81
    black = blacked_out(clean, mask)
    assert not black[mask].any()
    assert (black[~mask] == 2).all()
    assert (clean == 2).all()


@pytest.mark.parametrize("subsampled", [False, True])
@pytest.mark.parametrize("origin", [(0, 0), (3, 11)])
def test_jpeg_stays_aligned_and_hurts_less_at_higher_quality(
    subsampled: bool, origin: tuple[int, int], photograph: np.ndarray
) -> None:
    clean = to_float(photograph)
    files = [jpeg(clean, quality, subsampled=subsampled, origin=origin) for quality in (20, 50, 80, 95)]
    errors = [float(np.square(file - clean).mean()) for file in files]
    assert all(worse > better for worse, better in pairwise(errors))
    shifted = [np.square(np.roll(files[-1], shift, axis) - clean).mean() for axis in (0, 1) for shift in (-1, 1)]
    assert min(shifted) > 2 * errors[-1]


def test_jpeg_gives_values_of_8_bits(photograph: np.ndarray) -> None:
    clean = to_float(photograph[:40, :40])
    file = jpeg(clean * 2 - np.float32(0.5), 90, subsampled=True)
    assert file.shape == clean.shape
    assert file.dtype == np.float32
    assert np.array_equal(file, to_float(to_bytes(file)))


def test_chroma_is_what_subsampling_loses(photograph: np.ndarray) -> None:
    clean = to_float(photograph)
    whole, halved = (jpeg(clean, 95, subsampled=each) - clean for each in (False, True))
    assert halved.std() > whole.std()
    luma = np.array([0.299, 0.587, 0.114])
    assert (halved @ luma).std() == pytest.approx((whole @ luma).std(), rel=0.1)


@pytest.mark.parametrize("factor", [1.5, 2.0, 3.0])
def test_enlarged_noise_is_weaker_and_correlated(factor: float, rng: np.random.Generator) -> None:
    clean = flat(0.5, 240)
    noise = (resized(clean, 25, factor, rng) - clean) * 255
    assert noise.shape == clean.shape
    assert noise.dtype == np.float32
    assert noise.std() == pytest.approx(0.81 * 25, rel=0.05)
    neighbours = np.mean(noise[:, 1:] * noise[:, :-1]) / noise.var()
    assert 0.4 < neighbours < 0.95
    assert abs(np.corrcoef(noise[..., 0].ravel(), noise[..., 1].ravel())[0, 1]) < 0.1


def test_noise_enlarged_by_one_keeps_nearly_its_level(rng: np.random.Generator) -> None:
    clean = flat(0.5)
    measured = [(resized(clean, 25, 1.0, rng) - clean).std() * 255 for _ in range(8)]
    assert 15 < min(measured) <= max(measured) < 25.5
