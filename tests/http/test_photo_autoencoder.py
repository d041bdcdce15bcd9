"""POST /reconstruct and POST /encode with their default model, which is for photographs."""

import io

import httpx
import numpy as np
import pytest
from PIL import Image
from skimage import data

from tests.conftest import decoded, encoded, png, psnr, with_noise

MODEL = "photo-ae"
SIDE = 128


def photographs() -> dict[str, np.ndarray]:
    """Return the gallery: whole photographs, and parts of them, which are harder to tell apart."""
    motorcycle, _, _ = data.stereo_motorcycle()
    wholes = {
        "astronaut": data.astronaut(),
        "chelsea": data.chelsea(),
        "coffee": data.coffee(),
        "rocket": data.rocket(),
        "motorcycle": motorcycle,
    }
    halves = {
        f"{name}, {side}": part
        for name, whole in wholes.items()
        for side, part in (("left", whole[:, : whole.shape[1] // 2]), ("right", whole[:, whole.shape[1] // 2 :]))
    }
    return {name: np.ascontiguousarray(each) for name, each in (wholes | halves).items()}


def as_jpeg(picture: np.ndarray) -> np.ndarray:
    return decoded(encoded(picture, "JPEG", quality=30))


def cropped(picture: np.ndarray) -> np.ndarray:
    height, width = (round(0.9 * side) for side in picture.shape[:2])
    return np.ascontiguousarray(picture[-height:, :width])


def brighter(picture: np.ndarray) -> np.ndarray:
    return np.rint(np.clip(picture * 1.2, 0, 255)).astype(np.uint8)


def darker(picture: np.ndarray) -> np.ndarray:
    return np.rint(picture * 0.8).astype(np.uint8)


async def embedding(client: httpx.AsyncClient, picture: np.ndarray) -> np.ndarray:
    response = await client.post("/encode", content=png(picture), params={"encoding": "npy"})
    assert response.status_code == 200, response.text
    assert response.headers["x-model"].startswith(f"{MODEL}@")
    return np.load(io.BytesIO(response.content), allow_pickle=False)


@pytest.fixture(scope="module")
async def gallery(client: httpx.AsyncClient) -> np.ndarray:
    return np.stack([await embedding(client, picture) for picture in photographs().values()])


async def test_embedding_has_256_values_and_unit_length(gallery: np.ndarray) -> None:
    assert gallery.shape == (15, 256)
    assert np.linalg.norm(gallery, axis=1) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("disturbed", [with_noise, as_jpeg, cropped, brighter, darker])
async def test_photograph_is_found_again(client: httpx.AsyncClient, gallery: np.ndarray, disturbed: object) -> None:
    assert callable(disturbed)
    queries = np.stack([await embedding(client, disturbed(picture)) for picture in photographs().values()])
    assert (queries @ gallery.T).argmax(axis=1).tolist() == list(range(len(gallery)))


@pytest.mark.parametrize("name", ["chelsea", "rocket"])
async def test_reconstruction_is_nearer_than_a_thumbnail_of_as_many_values(
    client: httpx.AsyncClient, name: str
) -> None:
    picture = np.asarray(Image.fromarray(photographs()[name]).resize((SIDE, SIDE), Image.Resampling.BILINEAR))
    response = await client.post("/reconstruct", content=png(picture))
    assert response.status_code == 200
    assert response.headers["x-model"].startswith(f"{MODEL}@")
    thumbnail = Image.fromarray(picture).resize((9, 9), Image.Resampling.BOX)  # 243 values
    enlarged = np.asarray(thumbnail.resize((SIDE, SIDE), Image.Resampling.BICUBIC))
    assert psnr(picture, decoded(response.content)) > psnr(picture, enlarged) + 1
    assert float(response.headers["x-reconstruction-error"]) < 0.02
    assert 0 <= float(response.headers["x-anomaly-score"]) < 1


async def test_what_is_no_photograph_at_all_is_unusual(client: httpx.AsyncClient) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 300, 3), dtype=np.uint8)
    response = await client.post("/reconstruct", content=png(noise))
    assert float(response.headers["x-anomaly-score"]) == 1


async def test_photograph_comes_back_at_its_own_size(client: httpx.AsyncClient, photograph: np.ndarray) -> None:
    response = await client.post("/reconstruct", content=png(photograph))
    assert decoded(response.content).shape == photograph.shape
    assert f"{SIDE} x {SIDE}" in response.headers["x-warnings"]


async def test_model_names_its_statistic(client: httpx.AsyncClient) -> None:
    card = (await client.get(f"/models/{MODEL}")).json()
    assert card["anomaly"]["statistic"] == "relative_squared_error"
    assert card["embedding"] == {"dimension": 256, "normalize": True}
