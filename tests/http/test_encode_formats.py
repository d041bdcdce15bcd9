"""The same picture has the same embedding, whatever file it comes in; and what the model can't see is said."""

import io

import httpx
import numpy as np
import pytest
import tifffile
from PIL import Image

from tests.conftest import encoded, png
from tests.http.test_autoencoder import MODEL, digit

ORIENTATION = 0x0112


async def embed(client: httpx.AsyncClient, file: bytes) -> list[float]:
    response = await client.post("/encode", content=file, params={"model": MODEL})
    assert response.status_code == 200, response.text
    vector: list[float] = response.json()["embedding"]
    return vector


async def warnings(client: httpx.AsyncClient, file: bytes) -> str:
    response = await client.post("/encode", content=file, params={"model": MODEL})
    return str(response.headers.get("x-warnings", ""))


def in_colour(gray: np.ndarray) -> np.ndarray:
    return np.repeat(gray[..., None], 3, axis=2)


def with_alpha(pixels: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    return np.dstack([pixels, alpha])


def tiff(samples: np.ndarray, **options: object) -> bytes:
    target = io.BytesIO()
    tifffile.imwrite(target, samples, **options)
    return target.getvalue()


def palette(gray: np.ndarray) -> bytes:
    image, target = Image.fromarray(gray).convert("P"), io.BytesIO()
    image.save(target, "PNG")
    return target.getvalue()


def turned(gray: np.ndarray) -> bytes:
    """Return a PNG that is to be shown turned by a quarter, and then is `gray`."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    return encoded(np.rot90(gray).copy(), "PNG", exif=exif)


def opaque(gray: np.ndarray) -> np.ndarray:
    return with_alpha(gray, np.full(gray.shape, 255, np.uint8))


GRAY_FILES = {
    "colour PNG": lambda gray: png(in_colour(gray)),
    "lossless WebP": lambda gray: encoded(in_colour(gray), "WEBP", lossless=True),
    "TIFF": lambda gray: tiff(gray, photometric="minisblack"),
    "colour TIFF": lambda gray: tiff(in_colour(gray), photometric="rgb"),
    "TIFF of 16 bits": lambda gray: tiff(gray.astype(np.uint16) * 257, photometric="minisblack"),
    "BMP": lambda gray: encoded(gray, "BMP"),
    "GIF": lambda gray: encoded(gray, "GIF"),
    "palette": palette,
    "opaque alpha": lambda gray: png(opaque(gray)),
    "turned": turned,
}


@pytest.mark.parametrize("name", GRAY_FILES)
@pytest.mark.parametrize("size", [28, 61])
async def test_gray_picture_has_one_embedding_to_the_bit(client: httpx.AsyncClient, name: str, size: int) -> None:
    gray = np.asarray(Image.fromarray(digit(7)).resize((size, size)))
    assert await embed(client, GRAY_FILES[name](gray)) == await embed(client, png(gray))


async def test_photograph_has_one_embedding_to_the_bit(client: httpx.AsyncClient, photograph: np.ndarray) -> None:
    expected = await embed(client, png(photograph))
    files = [
        encoded(photograph, "WEBP", lossless=True),
        tiff(photograph, photometric="rgb"),
        tiff(photograph.astype(np.uint16) * 257, photometric="rgb"),
        png(with_alpha(photograph, np.full(photograph.shape[:2], 255, np.uint8))),
        encoded(photograph, "BMP"),
    ]
    for file in files:
        assert await embed(client, file) == expected


async def test_hidden_colours_do_not_matter(client: httpx.AsyncClient) -> None:
    gray = digit(4)
    alpha = np.where(gray > 0, 255, 0).astype(np.uint8)
    noise = np.random.default_rng(0).integers(0, 256, gray.shape, dtype=np.uint8)
    hiding = np.where(alpha > 0, gray, noise)
    expected = await embed(client, png(gray))
    assert await embed(client, png(with_alpha(gray, alpha))) == expected
    assert await embed(client, png(with_alpha(hiding, alpha))) == expected
    premultiplied = tiff(with_alpha(in_colour(gray), alpha), photometric="rgb", extrasamples=["assocalpha"])
    assert await embed(client, premultiplied) == expected


async def test_half_transparent_is_half_as_bright(client: httpx.AsyncClient) -> None:
    gray = (digit(4) // 2) * 2
    half = with_alpha(np.full_like(gray, 255), gray // 2)
    assert await embed(client, png(half)) == pytest.approx(await embed(client, png(gray // 2)), abs=1e-5)


async def test_embedding_says_what_the_model_could_not_see(client: httpx.AsyncClient, photograph: np.ndarray) -> None:
    assert await warnings(client, png(digit(1))) == ""
    assert await warnings(client, png(opaque(digit(1)))) == ""
    told = await warnings(client, png(photograph))
    assert "28 x 28" in told
    assert "gray" in told
    see_through = with_alpha(digit(1), digit(1))
    assert "laid on black" in await warnings(client, png(see_through))
