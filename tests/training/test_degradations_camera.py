"""The camera: there and back again, its noise where it arises and what becomes of it."""

from dataclasses import replace

import numpy as np
import pytest
from skimage import data

from models.pixels import FloatImage, to_bytes, to_float
from training.degradations.camera import Camera
from training.degradations.camera.development import Development
from training.degradations.camera.finishing import Finishing
from training.degradations.camera.mosaic import Method, Phase, demosaic, mosaic
from training.degradations.camera.sensor import VARIANCE_LEFT, Sensor
from training.degradations.resize import softened

PHASES = [(0, 0), (0, 1), (1, 0), (1, 1)]
METHODS: list[Method] = ["bilinear", "malvar"]
PLAIN = Finishing(luma=0.0, chroma=0.0, keeps_detail=False, sharpening=0.0)
DEVELOPMENT = Development(cameras=(0.25, 0.25, 0.25, 0.25), gains=(2.6, 1.25, 2.1), curved=False)
SENSOR = Sensor(shot=1e-3, read=1e-6, phase=(0, 0), method="bilinear", ideal=False)
CAMERA = Camera(1.0, DEVELOPMENT, SENSOR, PLAIN, quality=None, subsampled=False, origin=(0, 0))


@pytest.fixture(scope="module")
def photographs() -> list[FloatImage]:
    return [to_float(np.ascontiguousarray(each)) for each in (data.astronaut(), data.chelsea(), data.coffee())]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def crop(picture: FloatImage, size: int, rng: np.random.Generator) -> FloatImage:
    top, left = (int(rng.integers(side - size + 1)) for side in picture.shape[:2])
    return picture[top : top + size, left : left + size]


def correlation(noise: np.ndarray) -> float:
    """Return how alike horizontal neighbours of (H, W) noise are."""
    noise = noise - noise.mean()
    return float((noise[:, 1:] * noise[:, :-1]).mean() / np.square(noise).mean())


def test_developing_undoes_what_unprocessing_did(rng: np.random.Generator) -> None:
    picture = rng.uniform(0.1, 0.75, (64, 64, 3)).astype(np.float32)
    for _ in range(20):
        development = Development.draw(rng)
        again = development.process(development.unprocess(picture))
        assert again.dtype == np.float32
        assert np.abs(again - picture).max() < 1e-3


def test_gray_light_is_gray_but_for_the_gains(rng: np.random.Generator) -> None:
    light = Development.draw(rng).unprocess(np.full((2, 2, 3), 0.5, np.float32))
    assert light[0, 0, 0] < light[0, 0, 2] < light[0, 0, 1]
    assert np.array_equal(light[0, 0], light[1, 1])


def test_white_stays_white(rng: np.random.Generator) -> None:
    for _ in range(20):
        development = Development.draw(rng)
        assert development.process(development.unprocess(np.ones((2, 2, 3), np.float32))).min() > 0.98


@pytest.mark.parametrize("level", [0.02, 0.2, 0.8])
def test_noise_in_linear_light_is_shot_and_read(level: float, rng: np.random.Generator) -> None:
    light = np.full((400, 400), level, np.float32)
    noise = replace(SENSOR, shot=0.004, read=2e-5).noisy(light, rng) - light
    assert noise.var() == pytest.approx(0.004 * level + 2e-5, rel=0.05)
    assert noise.dtype == np.float32


def test_read_noise_follows_shot_noise(rng: np.random.Generator) -> None:
    drawn = [Sensor.draw(rng) for _ in range(500)]
    shot, read = (np.log([getattr(each, name) for each in drawn]) for name in ("shot", "read"))
    slope, offset = np.polyfit(shot, read, 1)
    assert slope == pytest.approx(2.18, abs=0.05)
    assert (read - slope * shot - offset).std() == pytest.approx(0.26, rel=0.15)


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("method", METHODS)
def test_flat_and_evenly_sloping_pictures_survive_the_mosaic(method: Method, phase: Phase) -> None:
    flat = np.full((16, 24, 3), (0.2, 0.5, 0.7), np.float32)
    assert np.abs(demosaic(mosaic(flat, phase), phase, method) - flat).max() < 1e-6
    rows, columns = np.mgrid[:16, :24].astype(np.float32)
    slope = np.repeat((rows * 0.01 + columns * 0.02)[..., None], 3, axis=-1)
    # At the edge the mirror bends the slope.
    assert np.abs(demosaic(mosaic(slope, phase), phase, method) - slope)[2:-2, 2:-2].max() < 1e-6


@pytest.mark.parametrize("phase", PHASES)
def test_each_pixel_of_a_mosaic_keeps_its_colour(phase: Phase, rng: np.random.Generator) -> None:
    picture = rng.random((8, 8, 3), dtype=np.float32)
    raw = mosaic(picture, phase)
    assert raw[phase] == picture[(*phase, 0)]
    assert raw[1 - phase[0], 1 - phase[1]] == picture[1 - phase[0], 1 - phase[1], 2]
    assert raw[phase[0], 1 - phase[1]] == picture[phase[0], 1 - phase[1], 1]
    assert np.array_equal(mosaic(demosaic(raw, phase, "malvar"), phase), raw)


def test_gradient_correction_is_the_better_interpolation(photographs: list[FloatImage]) -> None:
    for picture in photographs:
        even = picture[: picture.shape[0] // 2 * 2, : picture.shape[1] // 2 * 2]
        errors = [np.square(demosaic(mosaic(even, (0, 1)), (0, 1), method) - even).mean() for method in METHODS]
        assert errors[1] < 0.75 * errors[0]


@pytest.mark.parametrize("method", METHODS)
def test_interpolation_correlates_noise_and_leaves_the_known_part(method: Method, rng: np.random.Generator) -> None:
    noise = demosaic(rng.standard_normal((256, 256)).astype(np.float32), (0, 0), method)
    assert np.square(noise).mean() == pytest.approx(VARIANCE_LEFT[method], rel=0.03)
    assert all(correlation(noise[..., colour]) > 0.15 for colour in (0, 2))


def test_an_ideal_sensor_keeps_the_detail(photographs: list[FloatImage], rng: np.random.Generator) -> None:
    light = photographs[0][:64, :64]
    _, clean = replace(SENSOR, ideal=True).expose(light, rng)
    _, interpolated = SENSOR.expose(light, rng)
    assert np.array_equal(clean, light)
    assert np.abs(interpolated - light).max() > 0.01


@pytest.mark.parametrize("curved", [False, True])
@pytest.mark.parametrize("method", [*METHODS, None])
def test_the_clean_picture_is_the_mean_of_many_shots(curved: bool, method: Method | None) -> None:
    ramp = np.linspace(0.05, 0.75, 64, dtype=np.float32)
    picture = np.ascontiguousarray(np.broadcast_to(ramp[None, :, None], (512, 64, 3)))
    development, sensor = replace(DEVELOPMENT, curved=curved), replace(SENSOR, shot=0.003, method=method, ideal=True)
    camera, rng = replace(CAMERA, development=development, sensor=sensor), np.random.default_rng(1)
    pairs = [camera.shoot(picture, rng) for _ in range(16)]
    mean, clean = (np.mean([pair[part] for pair in pairs], axis=(0, 1)) * 255 for part in (0, 1))
    noiseless = ramp[:, None] * 255
    assert np.abs(mean - clean).mean() < 0.5 * np.abs(mean - noiseless).mean()
    assert np.abs(mean - clean)[ramp > 0.25].mean() < 0.5


@pytest.mark.parametrize("level", [0.97, 1.0])
@pytest.mark.parametrize("curved", [False, True])
@pytest.mark.parametrize("method", [*METHODS, None])
def test_blown_highlights_are_the_mean_of_many_shots_too(level: float, curved: bool, method: Method | None) -> None:
    development, sensor = replace(DEVELOPMENT, curved=curved), replace(SENSOR, shot=0.003, method=method, ideal=True)
    camera, rng = replace(CAMERA, development=development, sensor=sensor), np.random.default_rng(1)
    pairs = [camera.shoot(np.full((256, 256, 3), level, np.float32), rng) for _ in range(4)]
    mean, clean = (np.mean([pair[part] for pair in pairs], axis=(0, 1, 2)) * 255 for part in (0, 1))
    assert np.abs(mean - clean).max() < 1.0


def test_smoothing_correlates_noise_and_sharpening_amplifies_it(rng: np.random.Generator) -> None:
    clean = np.full((128, 128, 3), 0.5, np.float32)
    noisy = clean + rng.standard_normal(clean.shape).astype(np.float32) * np.float32(0.02)
    smooth, sharp = replace(PLAIN, luma=0.7, chroma=1.5), replace(PLAIN, sharpening=0.6)
    noises = [(after - clean)[..., 1] for after, _ in (each.finish(noisy, clean) for each in (PLAIN, smooth, sharp))]
    assert correlation(noises[1]) > 0.3 > 0.05 > abs(correlation(noises[0]))
    assert noises[1].std() < noises[0].std() < noises[2].std()


def test_what_keeps_detail_smooths_the_noise_alone(photographs: list[FloatImage], rng: np.random.Generator) -> None:
    clean = photographs[1][:64, :64]
    noisy = clean + rng.standard_normal(clean.shape).astype(np.float32) * np.float32(0.02)
    blunt = replace(PLAIN, luma=0.8, chroma=2.0)
    first, second = (replace(blunt, keeps_detail=each).finish(noisy, clean) for each in (False, True))
    assert np.array_equal(second[1], clean)
    assert np.square(first[1] - clean).mean() > 1e-5
    assert np.allclose(first[0] - first[1], second[0] - second[1], atol=1e-5)


def test_one_camera_shoots_an_aligned_pair(photographs: list[FloatImage], rng: np.random.Generator) -> None:
    for _ in range(12):
        noisy, clean = Camera.draw(rng).shoot(crop(photographs[0], 128, rng), rng)
        spectra = [np.fft.fft2(each.mean(axis=-1) - each.mean()) for each in (noisy, clean)]
        peak = np.fft.ifft2(spectra[0] * spectra[1].conj()).real
        assert np.unravel_index(int(peak.argmax()), peak.shape) == (0, 0)


def test_what_the_service_sees_has_8_bits(photographs: list[FloatImage], rng: np.random.Generator) -> None:
    for size in ((8, 8), (64, 96)):
        picture = photographs[2][: size[0], : size[1]]
        for _ in range(8):
            noisy, clean = Camera.draw(rng).shoot(picture, rng)
            assert noisy.shape == clean.shape == picture.shape
            assert noisy.dtype == clean.dtype == np.float32
            assert np.array_equal(noisy, to_float(to_bytes(noisy)))
            assert 0 <= clean.min() <= clean.max() <= 1


def test_the_same_generator_takes_the_same_photograph(photographs: list[FloatImage]) -> None:
    pairs = [Camera.draw(rng).shoot(photographs[0][:64, :64], rng) for rng in map(np.random.default_rng, (7, 7))]
    assert np.array_equal(pairs[0][0], pairs[1][0])
    assert np.array_equal(pairs[0][1], pairs[1][1])


def test_shadows_are_noisier_than_lights_in_the_picture_though_not_on_the_sensor(rng: np.random.Generator) -> None:
    pictures = [np.full((128, 128, 3), level, np.float32) for level in (0.2, 0.8)]
    linear = [SENSOR.noisy(DEVELOPMENT.unprocess(picture), rng) for picture in pictures]
    shots = [CAMERA.shoot(picture, rng) for picture in pictures]
    assert linear[0].std(axis=(0, 1)).max() < linear[1].std(axis=(0, 1)).min()
    assert (shots[0][0] - shots[0][1]).std() > 1.1 * (shots[1][0] - shots[1][1]).std()


def test_noise_is_that_of_real_photographs(photographs: list[FloatImage]) -> None:
    rng = np.random.default_rng(2)
    noises = []
    for _ in range(200):
        picture = crop(photographs[int(rng.integers(3))], 64, rng)
        noisy, clean = Camera.draw(rng).shoot(picture, rng)
        noises.append((noisy - clean) * 255)
    levels = np.array([np.sqrt(np.square(noise).mean()) for noise in noises])
    assert np.mean((levels > 2) & (levels < 12)) > 0.6
    assert levels.min() > 0.3
    assert levels.max() < 60
    red, green, blue = (np.array([noise[..., colour].std() for noise in noises]) for colour in range(3))
    assert 1.2 < np.median(red / green) < 1.7
    assert 1.2 < np.median(blue / green) < 1.7
    low, middle, high = np.percentile([correlation(noise[..., 1]) for noise in noises], (10, 50, 90))
    assert low < 0.35 < 0.45 < middle < 0.65 < 0.7 < high


def test_a_cameras_own_pixels_show_less_detail(photographs: list[FloatImage]) -> None:
    picture = photographs[0][:128, :128]
    _, usual = CAMERA.shoot(picture, np.random.default_rng(0))
    _, near = replace(CAMERA, softening=3.0).shoot(picture, np.random.default_rng(0))
    assert near.shape == usual.shape
    assert np.abs(np.diff(near, 2, axis=1)).mean() < 0.6 * np.abs(np.diff(usual, 2, axis=1)).mean()
    shares = [Camera.draw(np.random.default_rng(seed)).softening > 1 for seed in range(300)]
    assert np.mean(shares) == pytest.approx(0.8, abs=0.1)


def test_softened_pictures_lose_fine_grain_and_keep_the_rest(
    photographs: list[FloatImage], rng: np.random.Generator
) -> None:
    picture = photographs[0][:64, :96]
    assert np.abs(softened(picture, 1.0) - picture).max() < 1e-5
    soft = softened(picture, 2.5)
    assert soft.shape == picture.shape
    assert np.abs(soft.mean(axis=(0, 1)) - picture.mean(axis=(0, 1))).max() < 0.005
    grain = rng.normal(0, 0.02, picture.shape).astype(np.float32)
    assert 0.2 < (softened(picture + grain, 2.5) - soft).std() / 0.02 < 0.5
