"""POST /denoise?sigma=auto of a model with a noise estimator in it."""

import io
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from imagecodecs import png_decode
from PIL import Image

from app.codecs.picture import Frame
from app.codecs.png import write_png
from app.engine import TensorFlowEngine
from app.settings import Settings
from models.denoising import Feed, denoise
from models.estimating import estimate
from models.pixels import FloatImage
from models.store import newest, verify
from tests.blind import REACH, write_artifact
from tests.conftest import decoded, encoded, png, with_noise
from tests.http import test_denoise
from tests.http.conftest import HalvingEngine, connected, running, work_taken
from tests.http.test_errors import assert_problem

TILE = 128
LEVEL = 20.0
FAINT = 0.4
DARK, BRIGHT = 9.0, 19.0


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models that find the same level everywhere, next to none, and more the brighter a block is."""
    directory = tmp_path_factory.mktemp("artifacts")
    write_artifact(directory, "even", level=LEVEL)
    write_artifact(directory, "faint", level=FAINT)
    write_artifact(directory, "bright", level=DARK, gain=float(np.log((1 + BRIGHT) / (1 + DARK))))
    return directory


def settings(artifacts: Path, **more: Any) -> Settings:
    return Settings(
        artifacts_dir=artifacts, models=("even", "faint", "bright"), default_denoise="even", tile=TILE, **more
    )


@pytest.fixture(scope="module")
async def client(anyio_backend: str, artifacts: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with connected(settings(artifacts)) as connected_client:
        yield connected_client


def noisy(photograph: np.ndarray, kind: str) -> bytes:
    """Return a file of several tiles, of one of the kinds of pixels that there are."""
    pixels = with_noise(photograph[:150, :211])
    alpha = np.full((150, 211, 1), 255, np.uint8)
    alpha[40:60, :90] = 0
    match kind:
        case "gray":
            return png(pixels[..., 0])
        case "16 bits":
            return write_png([Frame(pixels.astype(np.uint16) * 257)])
        case "alpha":
            return png(np.dstack([pixels, alpha]))
        case "hidden":
            return png(np.dstack([pixels, 0 * alpha]))
        case "thumbnail":
            return png(pixels[:28, :28])
        case "speck":
            return png(pixels[:1, :1])
    return png(pixels)


async def post(client: httpx.AsyncClient, file: bytes, **options: object) -> tuple[np.ndarray, str]:
    """Return the pixels of the answer, and the noise level that it names."""
    response = await test_denoise.denoise(client, file, **options)
    return png_decode(response.content), response.headers["x-noise-sigma"]


@pytest.mark.parametrize("kind", ["colour", "gray", "16 bits", "alpha", "hidden", "thumbnail", "speck"])
async def test_auto_is_what_the_estimator_finds(client: httpx.AsyncClient, photograph: np.ndarray, kind: str) -> None:
    file = noisy(photograph, kind)
    found, level = await post(client, file)
    told, _ = await post(client, file, sigma=LEVEL)
    assert level == "20.00"
    assert found.dtype == (np.uint16 if kind == "16 bits" else np.uint8)
    assert np.abs(found.astype(int) - told).max() <= 1, "what float32 rounds to, in batches of other sizes"
    assert np.array_equal(found, png_decode(file)) == (kind == "hidden")


async def test_strength_scales_what_is_found(client: httpx.AsyncClient, photograph: np.ndarray) -> None:
    file = noisy(photograph, "colour")
    half, level = await post(client, file, strength=0.5)
    assert level == "10.00"
    assert np.array_equal(half, (await post(client, file, sigma=LEVEL / 2))[0])
    assert not np.array_equal(half, (await post(client, file))[0])
    none, level = await post(client, file, strength=0)
    assert level == "0.00"
    assert np.array_equal(none, decoded(file))


async def test_a_number_overrides_the_estimator(client: httpx.AsyncClient, photograph: np.ndarray) -> None:
    file = noisy(photograph, "colour")
    told, level = await post(client, file, sigma=7)
    assert level == "7.00"
    assert not np.array_equal(told, (await post(client, file))[0])


async def test_ensemble_is_told_what_is_found(client: httpx.AsyncClient, photograph: np.ndarray) -> None:
    file = noisy(photograph, "colour")
    found, level = await post(client, file, ensemble=True)
    assert level == "20.00"
    assert np.array_equal(found, (await post(client, file, ensemble=True, sigma=LEVEL))[0])


@pytest.mark.parametrize("kind", ["colour", "16 bits", "alpha"])
async def test_next_to_no_noise_leaves_the_pixels_as_they_are(
    client: httpx.AsyncClient, photograph: np.ndarray, kind: str
) -> None:
    file = noisy(photograph, kind)
    same, level = await post(client, file, model="faint")
    assert level == "0.00"
    assert np.array_equal(same, png_decode(file))
    twice, level = await post(client, file, model="faint", strength=2)
    assert level == f"{2 * FAINT:.2f}"
    assert not np.array_equal(twice, same)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
async def test_levels_differ_within_a_picture(artifacts: Path, photograph: np.ndarray, precision: str) -> None:
    """The answer is what models.estimating and models.denoising make of the picture one tile after the other."""
    pixels = with_noise(photograph[:150, :211])
    pixels[:, :100] //= 8
    engine = TensorFlowEngine(verify(newest(artifacts, "bright")), precision)
    assert engine.card.estimator
    found = estimate(pixels, engine.estimate, engine.card.estimator, tile=TILE)
    assert found.levels.max() - found.levels.min() > 4
    clean = denoise(pixels, engine.run, engine.card.input, tile=TILE, sigma=found)
    async with connected(settings(artifacts, precision=precision)) as client:
        answer, level = await post(client, png(pixels), model="bright")
        flat, _ = await post(client, png(pixels), sigma=found.mean)
    assert np.array_equal(answer, clean)
    assert level == f"{found.mean:.2f}"
    assert not np.array_equal(answer, flat)


async def test_each_frame_has_a_level_of_its_own(client: httpx.AsyncClient) -> None:
    """One frame is black, one white; the header is the mean of the two."""
    frames = [Image.fromarray(np.full((40, 70), value, np.uint8)) for value in (0, 255)]
    file = encoded(np.asarray(frames[0]), "GIF", save_all=True, append_images=frames[1:])
    response = await test_denoise.denoise(client, file, model="bright", format="png")
    assert response.headers["x-noise-sigma"] == f"{(DARK + BRIGHT) / 2:.2f}"
    with Image.open(io.BytesIO(response.content)) as image:
        assert image.n_frames == 2
        for index, level in enumerate((DARK, BRIGHT)):
            image.seek(index)
            alone, _ = await post(client, png(np.asarray(frames[index])), sigma=level)
            assert np.array_equal(np.asarray(image), alone)


async def test_hidden_pixels_say_nothing_of_the_noise(client: httpx.AsyncClient) -> None:
    """What is hidden is white, and would be taken for noisier."""
    pixels = np.zeros((64, 512, 4), np.uint8)
    pixels[:, :256, 3] = 255
    pixels[:, 256:, :3] = 255
    beside, _ = await post(client, png(pixels), model="bright")
    alone, level = await post(client, png(pixels[:, :256, :3]), model="bright")
    assert level == f"{DARK:.2f}"
    assert np.array_equal(beside[:, : 256 - REACH, :3], alone[:, : 256 - REACH])
    assert np.array_equal(beside[..., 3], pixels[..., 3])


async def test_the_card_says_so_and_requests_trace_nothing(client: httpx.AsyncClient) -> None:
    before = (await client.get("/models/even")).json()
    assert before["estimator"] == {"multiple": 8, "halo": REACH, "kmac_per_pixel": 2.3, "whiteness": False}
    assert before["traces"] == (3 if before["precision"] == "bfloat16" else 2)
    for height, width in np.random.default_rng(0).integers(1, 300, (12, 2)):
        await post(client, png(np.zeros((height, width, 3), np.uint8)))
    assert (await client.get("/models/even")).json() == before


@pytest.mark.parametrize(
    ("query", "passes", "estimates"),
    [("", 1, 1), ("ensemble=true", 8, 1), ("sigma=20", 1, 0), ("strength=0", 1, 0), ("sigma=20&strength=0.5", 1, 0)],
)
async def test_admission_counts_the_estimators_work(
    artifacts: Path, monkeypatch: pytest.MonkeyPatch, query: str, passes: int, estimates: int
) -> None:
    taken = await work_taken(settings(artifacts), monkeypatch, query)
    assert taken == [pytest.approx(64 * 64 * (passes + estimates / 30))]


async def test_an_estimate_that_does_not_end_in_time(artifacts: Path, photograph: np.ndarray) -> None:
    class Slow(HalvingEngine):
        def estimate(self, feed: Feed) -> FloatImage:
            time.sleep(0.3)
            return super().estimate(feed)

    loader = lambda artifact, _: Slow(artifact.card)  # noqa: E731
    async with running(settings(artifacts, deadline_s=0.5), loader=loader) as (app, client):
        assert_problem(await client.post("/denoise", content=png(photograph)), 504, "deadline_exceeded")
        assert (await client.post("/denoise?sigma=5", content=png(photograph))).status_code == 200
        assert app.state.service.scheduler.queued == 0
