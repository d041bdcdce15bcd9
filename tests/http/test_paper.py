"""`paper=true`: a digit in dark ink on light paper is seen as MNIST has its digits."""

import io

import httpx
import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from tests.conftest import decoded, encoded, png
from tests.http.conftest import Connect
from tests.http.test_autoencoder import MODEL
from tests.http.test_errors import assert_problem

HEIGHT, WIDTH = 300, 400
DRAWN = 15
DIGITS = load_digits()


def clean(index: int, side: int = 20) -> np.ndarray:
    """A handwritten digit, white on black with sharp edges and no margin, its longer side as given."""
    small = Image.fromarray((np.pad(DIGITS.images[index], 1) / 16 * 255).astype(np.uint8))
    sharp = np.clip((np.asarray(small.resize((400, 400), Image.Resampling.BICUBIC)) / 255 - 0.35) * 6, 0, 1)
    rows, columns = np.nonzero(sharp > 0.5)
    tight = sharp[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    size = [max(1, round(length * side / max(tight.shape))) for length in tight.shape[::-1]]
    return np.asarray(Image.fromarray((tight * 255).astype(np.uint8)).resize(size, Image.Resampling.BILINEAR))


def as_mnist(index: int) -> np.ndarray:
    """The same with its centre of mass where MNIST's digits have theirs, 28 x 28."""
    digit = clean(index)
    rows, columns = (np.average(places, weights=digit) for places in np.indices(digit.shape))
    top, left = (
        int(np.clip(round(14 - at), 0, 28 - length)) for at, length in zip((rows, columns), digit.shape, strict=True)
    )
    result = np.zeros((28, 28), np.uint8)
    result[top : top + digit.shape[0], left : left + digit.shape[1]] = digit
    return result


def photographed(index: int, *, colour: bool = True, noise: float = 4.0) -> np.ndarray:
    """A photograph of the digit in blue ink on cream paper: anywhere, of any size, in uneven light, with noise."""
    rng = np.random.default_rng(index)
    large = clean(index, int(rng.integers(80, 220))) / 255
    ink = np.zeros((HEIGHT, WIDTH))
    top, left = (int(rng.integers(35, room - taken - 5)) for room, taken in zip(ink.shape, large.shape, strict=True))
    ink[top : top + large.shape[0], left : left + large.shape[1]] = large
    light = 200 * np.linspace(0.7, 1, WIDTH) * np.linspace(1, 0.6, HEIGHT)[:, None]
    paper, taken = (np.array([1, 0.97, 0.85]), np.array([0.8, 0.75, 0.4])) if colour else (np.ones(3), np.full(3, 0.7))
    picture = light[..., None] * paper * (1 - ink[..., None] * taken)
    return np.rint(np.clip(picture + rng.normal(0, noise, picture.shape), 0, 255)).astype(np.uint8)


async def embed(client: httpx.AsyncClient, file: bytes, **options: object) -> np.ndarray:
    response = await client.post("/encode", content=file, params={"model": MODEL, **options})
    assert response.status_code == 200, response.text
    return np.array(response.json()["embedding"])


async def answer(client: httpx.AsyncClient, file: bytes, **options: object) -> httpx.Response:
    response = await client.post("/reconstruct", content=file, params={"model": MODEL, "paper": True, **options})
    assert response.status_code == 200, response.text
    return response


async def test_photographed_digit_has_the_embedding_of_the_clean_one(client: httpx.AsyncClient) -> None:
    pairs = [
        (await embed(client, png(photographed(index)), paper=True), await embed(client, png(as_mnist(index))))
        for index in range(DRAWN)
    ]
    cosines = [float(one @ other) for one, other in pairs]
    assert np.mean(np.array(cosines) >= 0.9) >= 0.8, cosines
    assert np.median(cosines) > 0.95


async def test_nearest_digits_of_a_photographed_one_are_like_it(client: httpx.AsyncClient) -> None:
    labels = DIGITS.target
    known = np.stack([await embed(client, png(as_mnist(index))) for index in range(100, 220)])
    right = 0
    for index in range(DRAWN):
        nearest = np.argsort(known @ await embed(client, png(photographed(index)), paper=True))[-5:] + 100
        right += np.bincount(labels[nearest], minlength=10).argmax() == labels[index]
    assert right >= 0.85 * DRAWN


async def test_jpeg_hard_shadow_and_a_dark_table_do_not_matter(client: httpx.AsyncClient) -> None:
    cosines = []
    for index in range(6):
        picture = photographed(index).astype(float)
        rows, columns = np.indices(picture.shape[:2])
        picture[rows + columns > 450] *= 0.6
        picture[:, :25] = 30
        file = encoded(picture.astype(np.uint8), "JPEG", quality=40)
        cosines.append(float(await embed(client, file, paper=True) @ await embed(client, png(as_mnist(index)))))
    assert np.median(cosines) > 0.9, cosines


async def test_large_photograph_is_read_as_a_small_one(client: httpx.AsyncClient) -> None:
    small = photographed(2, noise=0)
    large = np.asarray(Image.fromarray(small).resize((10 * WIDTH, 10 * HEIGHT), Image.Resampling.BILINEAR))
    one, other = await embed(client, png(small), paper=True), await embed(client, encoded(large, "JPEG"), paper=True)
    assert one @ other > 0.97


async def test_white_on_black_without_the_option_is_seen_as_it_is(client: httpx.AsyncClient) -> None:
    digit = as_mnist(3)
    assert np.array_equal(await embed(client, png(digit)), await embed(client, png(digit), paper=False))
    shown = decoded((await client.post("/reconstruct", content=png(digit), params={"model": MODEL})).content)
    assert np.corrcoef(shown.ravel(), digit.ravel())[0, 1] > 0.9


async def test_embedding_of_ink_on_transparent_paper(client: httpx.AsyncClient) -> None:
    ink = np.asarray(Image.fromarray(as_mnist(6)).resize((280, 280), Image.Resampling.BICUBIC))
    cut_out = np.dstack([np.zeros_like(ink), ink])
    assert await embed(client, png(cut_out), paper=True) @ await embed(client, png(as_mnist(6))) > 0.9


@pytest.mark.parametrize("path", ["/reconstruct", "/encode"])
async def test_paper_without_ink_is_refused(client: httpx.AsyncClient, path: str) -> None:
    empty = (200 * np.linspace(0.7, 1, 320) * np.ones((240, 1))).astype(np.uint8)
    rng = np.random.default_rng(0)
    grainy = np.clip(empty + rng.normal(0, 6, empty.shape), 0, 255).astype(np.uint8)
    pictures = [png(empty), png(grainy), encoded(grainy, "JPEG", quality=40), png(np.zeros((5, 5), np.uint8))]
    for file in pictures:
        response = await client.post(path, content=file, params={"model": MODEL, "paper": True})
        assert_problem(response, 422, "invalid_parameter", "paper: no ink found")


async def test_reconstruction_is_put_back_on_the_paper(client: httpx.AsyncClient) -> None:
    picture = photographed(8, noise=1)
    shown = decoded((await answer(client, png(picture))).content)
    assert shown.shape == picture.shape
    difference = np.abs(shown.astype(int) - picture).mean(axis=2)
    assert (difference == 0).mean() > 0.2
    dark = picture[..., 0] < 0.6 * np.median(picture[..., 0])
    assert shown[dark].mean() < 0.7 * shown[~dark].mean()
    assert np.median(difference[~dark]) < 4


async def test_reconstruction_at_the_models_size_is_white_on_black(client: httpx.AsyncClient) -> None:
    response = await answer(client, png(photographed(8, colour=False)), size="model")
    shown = decoded(response.content)
    assert shown.shape == (28, 28, 3)
    assert shown[:2].max() < 40
    assert shown.max() > 200
    assert "x-warnings" not in response.headers


@pytest.mark.parametrize("output", ["image", "error-map", "comparison"])
async def test_every_view_of_a_digit_on_paper_keeps_the_rest_of_the_picture(
    client: httpx.AsyncClient, output: str
) -> None:
    picture = photographed(3)
    shown = decoded((await answer(client, png(picture), output=output)).content)
    after = shown[:, WIDTH:] if output == "comparison" else shown
    assert after.shape == picture.shape
    changed = (after != picture).any(axis=2)
    rows, columns = np.nonzero(changed)
    assert changed.any()
    assert np.ptp(rows) < HEIGHT - 1 or np.ptp(columns) < WIDTH - 1


async def test_frame_without_ink_among_others_is_refused(connect: Connect) -> None:
    frames = [Image.fromarray(photographed(1)), Image.new("RGB", (WIDTH, HEIGHT), "white")]
    file = io.BytesIO()
    frames[0].save(file, "TIFF", save_all=True, append_images=frames[1:])
    async with connect() as client:
        refused = await client.post("/reconstruct", content=file.getvalue(), params={"model": MODEL, "paper": True})
        taken = await client.post("/encode", content=file.getvalue(), params={"model": MODEL, "paper": True})
    assert_problem(refused, 422, "invalid_parameter", "paper: no ink found")
    assert taken.status_code == 200
