"""The mix that recipes draw from, and the noise level that is told of what it made."""

from collections import Counter

import numpy as np
import pytest

from models.pixels import FloatImage, to_bytes, to_float
from training.degradations import Degraded, Mix, gaussian, noise_level
from training.degradations.mix import NAMES, WEAK


@pytest.fixture
def patch(photograph: np.ndarray) -> FloatImage:
    return to_float(photograph[100:164, 150:214])


def drawn(mix: Mix, patch: FloatImage, count: int, seed: int = 0) -> list[Degraded]:
    rng = np.random.default_rng(seed)
    return [mix.draw(patch, rng) for _ in range(count)]


def is_gray(picture: FloatImage) -> bool:
    return bool(np.array_equal(picture[..., 0], picture[..., 1]) and np.array_equal(picture[..., 0], picture[..., 2]))


def has_8_bits(picture: FloatImage) -> bool:
    return bool(np.array_equal(picture, to_float(to_bytes(picture))))


def test_shares_are_kept(patch: FloatImage) -> None:
    shares = {"gaussian": 0.5, "camera": 0.0, "impulse": 0.3, "boxes": 0.15, "clean": 0.05}
    counts = Counter(each.kind for each in drawn(Mix(shares), patch[:8, :8], 2000))
    assert {name: counts[name] / 2000 for name in shares} == pytest.approx(shares, abs=0.04)


@pytest.mark.parametrize("name", NAMES)
def test_every_kind_gives_a_pair(name: str, patch: FloatImage) -> None:
    original = patch.copy()
    for each in drawn(Mix({name: 1.0}), patch, 12):
        assert each.kind == name
        assert each.noisy.shape == each.clean.shape == patch.shape
        assert each.noisy.dtype == each.clean.dtype == np.float32
        assert np.isfinite(each.noisy).all()
        assert is_gray(each.noisy) == is_gray(each.clean)
        assert np.array_equal(each.noisy, each.clean) == (name == "clean")
    assert np.array_equal(patch, original)


@pytest.mark.parametrize("name", NAMES)
def test_the_generator_alone_decides(name: str, patch: FloatImage) -> None:
    first, second = (drawn(Mix({name: 1.0}), patch, 3, seed=5) for _ in range(2))
    assert all(np.array_equal(one.noisy, other.noisy) for one, other in zip(first, second, strict=True))


@pytest.mark.parametrize("shares", [{}, {"gaussian": 0.5}, {"gaussian": 1.5, "clean": -0.5}])
def test_shares_that_are_none_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="sum to 1"):
        Mix(shares)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ValueError, match=r"named rain, snow: there are gaussian, camera, .*clean"):
        Mix({"gaussian": 0.5, "snow": 0.25, "rain": 0.25})


@pytest.mark.parametrize("name", ["gaussian", "camera", "gaussian-jpeg", "mixed", "clean"])
def test_a_share_is_gray(name: str, patch: FloatImage) -> None:
    pairs = drawn(Mix({name: 1.0}, gray_share=0.4), patch[:16, :16], 300)
    assert np.mean([is_gray(each.clean) for each in pairs]) == pytest.approx(0.4, abs=0.1)


def test_a_share_is_what_an_upload_can_be(patch: FloatImage) -> None:
    pairs = drawn(Mix({"gaussian": 1.0}, clipped_share=0.3), patch[:16, :16], 500)
    assert np.mean([has_8_bits(each.noisy) for each in pairs]) == pytest.approx(0.3, abs=0.07)


@pytest.mark.parametrize("gray_share", [0.0, 1.0])
def test_the_level_told_is_that_of_the_noise(gray_share: float, patch: FloatImage) -> None:
    mix = Mix({"gaussian": 1.0}, sigma_max=40.0, gray_share=gray_share, clipped_share=0.0, weak_share=0.0)
    pairs = drawn(mix, patch, 60)
    told = np.array([each.sigma for each in pairs], dtype=float)
    measured = [(each.noisy - each.clean).std() * 255 for each in pairs]
    assert measured == pytest.approx(told, rel=0.05)
    assert told.max() <= 40
    assert told.mean() == pytest.approx(20, abs=5)


def test_a_share_is_weak(patch: FloatImage) -> None:
    pairs = drawn(Mix({"gaussian": 1.0}, weak_share=0.5), patch[:8, :8], 500)
    assert np.mean([each.sigma < WEAK[1] for each in pairs]) == pytest.approx(0.5 + 0.5 * WEAK[1] / 75, abs=0.07)
    assert min(each.sigma for each in pairs) < 1


def test_clean_has_level_0_and_the_others_none_that_is_known(patch: FloatImage) -> None:
    assert {each.sigma for each in drawn(Mix({"clean": 1.0}), patch, 5)} == {0.0}
    assert {each.sigma for each in drawn(Mix({"camera": 0.5, "mixed": 0.5}), patch, 5)} == {None}


@pytest.mark.parametrize("sigma", [5.0, 50.0])
def test_noise_level_is_the_sigma_of_gaussian_noise(sigma: float, photograph: np.ndarray) -> None:
    clean = to_float(photograph[:128, :192])
    level = noise_level(gaussian(clean, sigma, np.random.default_rng(0)), clean)
    assert level.shape == (16, 24, 1)
    assert level.dtype == np.float32
    assert np.abs(level * 255 / sigma - 1).max() < 0.15
    assert level.mean() * 255 == pytest.approx(sigma, rel=0.02)


def test_noise_level_of_clean_is_0(patch: FloatImage) -> None:
    assert not noise_level(patch, patch).any()


def test_noise_level_is_local() -> None:
    clean, noisy = (np.zeros((96, 96, 3), np.float32) for _ in range(2))
    noisy[:, 48:] = 0.1
    level = noise_level(noisy, clean)[..., 0]
    assert not level[:, :4].any()
    assert level[:, 8:] == pytest.approx(0.1, rel=1e-5)
    assert (np.diff(level, axis=1) >= -1e-6).all()


def test_noise_level_of_one_block() -> None:
    clean = np.zeros((8, 8, 3), np.float32)
    assert noise_level(clean + np.float32(0.2), clean) == pytest.approx(0.2, rel=1e-5)


def test_pictures_with_little_noise_are_soft_where_asked(patch: FloatImage) -> None:
    for kind, share in (("clean", 1.0), ("gaussian", 0.2)):
        soft = drawn(Mix({kind: 1.0}, gray_share=0.0, soft_share=1.0), patch, 200)
        changed = np.array([not np.array_equal(each.clean, patch) for each in soft])
        assert np.mean(changed) == pytest.approx(share + (1 - share) * WEAK[1] / 75, abs=0.1)
        assert all(each.sigma < WEAK[1] for each, one in zip(soft, changed, strict=True) if one)
    assert all(np.array_equal(each.clean, patch) for each in drawn(Mix({"clean": 1.0}, gray_share=0.0), patch, 20))


def finest(noise: np.ndarray) -> float:
    """Return the energy of (H, W) at diagonal frequencies near the highest, 1 for white noise."""
    spectrum = np.square(np.abs(np.fft.fft2(noise - noise.mean())))
    high = np.abs(np.fft.fftfreq(noise.shape[0])) > 0.35
    return float(spectrum[np.ix_(high, high)].mean() / spectrum.mean())


def test_white_noise_in_a_file_is_white_no_longer() -> None:
    """It has 8 bits and levels up to those of white noise; some files lose what is finest of it."""
    clean = np.full((128, 128, 3), 0.5, np.float32)
    pairs = drawn(Mix({"gaussian-jpeg": 1.0}, gray_share=0.0), clean, 80)
    noise = [(each.noisy - each.clean).mean(axis=2) for each in pairs]
    assert all(has_8_bits(each.noisy) for each in pairs)
    assert {each.sigma for each in pairs} == {None}
    assert max(each.std() for each in noise) * 255 > 30
    left = [finest(each) for each in noise]
    assert finest(np.random.default_rng(0).standard_normal((128, 128))) == pytest.approx(1, abs=0.05)
    assert min(left) < 0.3
