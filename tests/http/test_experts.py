"""POST /denoise of a model with networks for one kind of noise: which of them answers."""

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from app.engine import TensorFlowEngine
from app.settings import Settings
from models.denoising import denoise
from models.ensemble import TURNS
from models.store import ArtifactError, newest, verify
from tests.blind import write_artifact
from tests.conftest import decoded, encoded, png, with_noise
from tests.http import test_denoise
from tests.http.conftest import connected, work_taken
from training.export import write_card

TILE = 128
LEVEL = 20.0
MODELS = {"white": 3.0, "unsure": -1.5, "other": -3.0}
"""Models by the log-odds of white noise that their estimators find."""


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("artifacts")
    for name, white in MODELS.items():
        write_artifact(directory, name, level=LEVEL, experts=("white", "white-gray"), white=white)
    write_artifact(directory, "colour", level=LEVEL, experts=("white",), white=3.0)
    return directory


def settings(artifacts: Path, **more: Any) -> Settings:
    return Settings(
        artifacts_dir=artifacts,
        models=(*MODELS, "colour"),
        default_denoise="white",
        tile=TILE,
        precision="float32",
        **more,
    )


@pytest.fixture(scope="module")
async def client(anyio_backend: str, artifacts: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with connected(settings(artifacts)) as connected_client:
        yield connected_client


@pytest.fixture(scope="module")
def engine(artifacts: Path) -> TensorFlowEngine:
    return TensorFlowEngine(verify(newest(artifacts, "white")), "float32")


async def post(client: httpx.AsyncClient, pixels: np.ndarray, **options: object) -> np.ndarray:
    return decoded((await test_denoise.denoise(client, png(pixels), **options)).content)


def by(engine: TensorFlowEngine, expert: str | None, pixels: np.ndarray, level: float = LEVEL, **options: Any):
    """Return what one of the networks makes of `pixels`, in the shape of a decoded picture."""
    run = engine.experts[expert].run if expert else engine.run
    planes = pixels.reshape(*pixels.shape[:2], -1)
    return denoise(planes, run, engine.card.input, tile=TILE, sigma=level, **options).reshape(pixels.shape)


def picture(photograph: np.ndarray, *, gray: bool = False) -> np.ndarray:
    pixels = with_noise(photograph[:150, :211])
    return pixels[..., 0] if gray else pixels


@pytest.mark.parametrize(
    ("model", "gray", "expert"),
    [
        ("white", False, "white"),
        ("white", True, "white-gray"),
        ("colour", True, "white"),
        ("unsure", False, None),
        ("other", False, None),
        ("other", True, None),
    ],
)
@pytest.mark.parametrize("told", [{}, {"sigma": LEVEL}, {"sigma": LEVEL / 2, "strength": 2}])
async def test_the_noise_decides_which_network_answers(
    client: httpx.AsyncClient,
    engine: TensorFlowEngine,
    photograph: np.ndarray,
    model: str,
    gray: bool,
    expert: str | None,
    told: dict[str, float],
) -> None:
    pixels = picture(photograph, gray=gray)
    expected = {each: by(engine, each, pixels) for each in (None, "white", "white-gray")}
    assert len({result.tobytes() for result in expected.values()}) == 3, "no two networks do the same"
    answer = (await post(client, pixels, model=model, **told)).astype(int)
    assert np.abs(answer - expected[expert]).max() <= 1, "what float32 rounds to, in batches of other sizes"
    assert all(np.abs(answer - expected[other]).max() > 1 for other in expected if other != expert)


async def test_ensembles_and_sixteen_bits_go_the_same_way(
    client: httpx.AsyncClient, engine: TensorFlowEngine, photograph: np.ndarray
) -> None:
    pixels = picture(photograph)
    assert np.array_equal(await post(client, pixels, ensemble=True), by(engine, "white", pixels, ensemble=True))
    gray = pixels[..., 0].astype(np.uint16) * 257
    answer = np.asarray(Image.open(io.BytesIO((await test_denoise.denoise(client, png(gray))).content)))
    expected = denoise(
        gray[..., None], engine.experts["white-gray"].run_float32, engine.card.input, tile=TILE, sigma=LEVEL
    )
    assert np.abs(answer.astype(int) - expected[..., 0]).max() <= 1, "of 65535, which float32 rounds to"


async def test_every_frame_goes_through_the_same_network(
    client: httpx.AsyncClient, engine: TensorFlowEngine, photograph: np.ndarray
) -> None:
    frames = [Image.fromarray(with_noise(photograph[top : top + 40, :70])) for top in (0, 60, 120)]
    file = encoded(np.asarray(frames[0]), "PNG", save_all=True, append_images=frames[1:])
    response = await test_denoise.denoise(client, file)
    with Image.open(io.BytesIO(response.content)) as image:
        for index, frame in enumerate(frames):
            image.seek(index)
            assert np.array_equal(np.asarray(image.convert("RGB")), by(engine, "white", np.asarray(frame)))


async def test_nothing_to_do_asks_no_network(client: httpx.AsyncClient, photograph: np.ndarray) -> None:
    pixels = picture(photograph)
    for nothing in ({"strength": 0}, {"sigma": 0}):
        assert np.array_equal(await post(client, pixels, **nothing), pixels)


async def test_the_card_names_the_experts_and_requests_trace_nothing(
    client: httpx.AsyncClient, photograph: np.ndarray
) -> None:
    before = (await client.get("/models/white")).json()
    assert before["experts"] == ["white", "white-gray"]
    assert before["estimator"]["whiteness"] is True
    for height, width in np.random.default_rng(0).integers(1, 300, (12, 2)):
        await post(client, np.zeros((height, width, 3), np.uint8), sigma=5)
    assert (await client.get("/models/white")).json() == before


@pytest.mark.parametrize(
    ("query", "passes", "estimates"),
    [("", 1, 1), ("ensemble=true", len(TURNS), 1), ("sigma=20", 1, 1), ("sigma=0", 1, 0), ("strength=0", 1, 0)],
)
async def test_admission_counts_the_look_at_the_noise(
    artifacts: Path, monkeypatch: pytest.MonkeyPatch, query: str, passes: int, estimates: int
) -> None:
    taken = await work_taken(settings(artifacts), monkeypatch, query)
    assert taken == [pytest.approx(64 * 64 * (passes + estimates / 30))]


def test_a_card_that_names_other_experts_is_refused(tmp_path: Path) -> None:
    artifact = write_artifact(tmp_path, "lying", level=LEVEL, experts=("white",), white=3.0)
    write_card(artifact.card.model_copy(update={"experts": ("white", "white-gray")}), tmp_path / "lying" / "1")
    with pytest.raises(ArtifactError, match="names the experts white, white-gray, the model has white"):
        TensorFlowEngine(verify(tmp_path / "lying" / "1"))
