"""POST /reconstruct and POST /encode from outside, with the repository's model of digits."""

import base64
import io

import httpx
import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from tests.conftest import decoded, png
from tests.http.conftest import Connect

MODEL = "digits-ae"


def digit(index: int) -> np.ndarray:
    """A handwritten digit of scikit-learn's as MNIST has them: 20 x 20 white on black in 28 x 28."""
    small = Image.fromarray((load_digits().images[index] / 16 * 255).astype(np.uint8))
    return np.pad(np.asarray(small.resize((20, 20), Image.BICUBIC)), 4)


async def post(client: httpx.AsyncClient, path: str, pixels: np.ndarray, **options: object) -> httpx.Response:
    response = await client.post(path, files={"file": png(pixels)}, params={"model": MODEL, **options})
    assert response.status_code == 200, response.text
    return response


async def test_digit_is_reconstructed(client: httpx.AsyncClient) -> None:
    original = digit(0)
    response = await post(client, "/reconstruct", original)
    reconstructed = decoded(response.content)
    assert reconstructed.shape == original.shape
    error = np.mean((reconstructed / 255.0 - original / 255.0) ** 2)
    assert error < 0.02
    assert float(response.headers["x-reconstruction-error"]) == pytest.approx(error, abs=1e-4)
    assert "x-warnings" not in response.headers


async def test_anomaly_score_tells_digits_from_anything_else(
    client: httpx.AsyncClient, gray_photograph: np.ndarray
) -> None:
    digits = [float((await post(client, "/reconstruct", digit(i))).headers["x-anomaly-score"]) for i in range(10)]
    noise = np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)
    others = [
        float((await post(client, "/reconstruct", picture)).headers["x-anomaly-score"])
        for picture in (noise, gray_photograph)
    ]
    assert all(0 <= score <= 1 for score in digits + others)
    assert min(others) == 1
    assert np.median(digits) < 1


async def test_photograph_comes_back_at_its_own_size_and_says_what_the_model_saw(
    client: httpx.AsyncClient, photograph: np.ndarray
) -> None:
    response = await post(client, "/reconstruct", photograph)
    assert decoded(response.content).shape == photograph.shape
    assert "28 x 28" in response.headers["x-warnings"]
    assert "gray" in response.headers["x-warnings"]
    assert response.headers["x-model"].startswith("digits-ae@")


async def test_embedding_of_unit_length(client: httpx.AsyncClient) -> None:
    response = await post(client, "/encode", digit(3))
    body = response.json()
    assert {key: body[key] for key in ("model", "dimension", "normalized")} == {
        "model": "digits-ae",
        "dimension": 32,
        "normalized": True,
    }
    assert body["version"]
    assert len(body["embedding"]) == 32
    assert np.linalg.norm(body["embedding"]) == pytest.approx(1, abs=1e-5)
    assert response.headers["x-model"].startswith(f"digits-ae@{body['version']}; sha256=")
    assert "server-timing" in response.headers


async def test_embedding_as_it_is(client: httpx.AsyncClient) -> None:
    unit = np.array((await post(client, "/encode", digit(3))).json()["embedding"])
    body = (await post(client, "/encode", digit(3), normalize="false")).json()
    raw = np.array(body["embedding"])
    assert body["normalized"] is False
    assert raw / np.linalg.norm(raw) == pytest.approx(unit, abs=1e-5)


async def test_encodings_hold_the_same_numbers(client: httpx.AsyncClient) -> None:
    as_json = np.array((await post(client, "/encode", digit(5))).json()["embedding"], dtype=np.float32)
    in_base64 = (await post(client, "/encode", digit(5), encoding="base64")).json()["embedding"]
    assert np.array_equal(np.frombuffer(base64.b64decode(in_base64), "<f4"), as_json)
    npy = await post(client, "/encode", digit(5), encoding="npy")
    assert npy.headers["content-type"] == "application/x-npy"
    assert np.array_equal(np.load(io.BytesIO(npy.content), allow_pickle=False), as_json)


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/x-npy", "application/x-npy"),
        ("application/x-npy, */*", "application/x-npy"),
        ("application/json;q=0.5, application/x-npy", "application/x-npy"),
        ("application/json, application/x-npy;q=0.5", "application/json"),
        ("application/json, application/x-npy;q=0", "application/json"),
        ("*/*", "application/json"),
        ("text/html", "application/json"),
    ],
)
async def test_accept_chooses_between_json_and_npy(connect: Connect, accept: str, kind: str) -> None:
    async with connect() as client:
        answer = await client.post("/encode", content=png(digit(5)), headers={"accept": accept})
        assert answer.headers["content-type"] == kind
        chosen = await client.post("/encode?encoding=base64", content=png(digit(5)), headers={"accept": accept})
        assert chosen.headers["content-type"] == "application/json"


async def test_same_digit_is_nearer_than_another(client: httpx.AsyncClient) -> None:
    vectors = {
        index: np.array((await post(client, "/encode", digit(index))).json()["embedding"]) for index in (0, 10, 1)
    }
    assert load_digits().target[[0, 10, 1]].tolist() == [0, 0, 1]
    assert vectors[0] @ vectors[10] > vectors[0] @ vectors[1]
