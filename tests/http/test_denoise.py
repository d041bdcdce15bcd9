"""POST /denoise from outside: a real photograph in, a cleaner one out."""

import io

import httpx
import numpy as np
import pytest
from imagecodecs import png_decode
from PIL import Image, ImageCms
from skimage import data

from app.codecs.picture import Frame
from app.codecs.png import write_png
from app.settings import Settings
from models.store import BUNDLED, newest, verify
from tests.conftest import decoded, encoded, png, psnr, with_noise
from tests.http.conftest import Connect, connected
from tests.http.test_errors import assert_problem


async def denoise(client: httpx.AsyncClient, file: bytes, **options: object) -> httpx.Response:
    response = await client.post("/denoise", files={"file": file}, params=options)
    assert response.status_code == 200, response.text
    return response


async def test_noisy_colour_photograph_comes_back_8_db_cleaner(
    client: httpx.AsyncClient, photograph: np.ndarray
) -> None:
    noisy = with_noise(photograph)
    response = await denoise(client, png(noisy), sigma=25)
    clean = decoded(response.content)
    assert response.headers["content-type"] == "image/png"
    assert clean.shape == photograph.shape
    assert psnr(photograph, clean) > psnr(photograph, noisy) + 8


async def test_noisy_gray_photograph_comes_back_gray_and_7_db_cleaner(
    client: httpx.AsyncClient, gray_photograph: np.ndarray
) -> None:
    noisy = with_noise(gray_photograph)
    clean = decoded((await denoise(client, png(noisy), sigma=25)).content)
    assert clean.shape == gray_photograph.shape
    assert psnr(gray_photograph, clean) > psnr(gray_photograph, noisy) + 7


async def test_noisy_jpeg_answers_as_jpeg_and_cleaner(client: httpx.AsyncClient, photograph: np.ndarray) -> None:
    noisy = encoded(with_noise(photograph), "JPEG", quality=95)
    response = await denoise(client, noisy)
    assert response.headers["content-type"] == "image/jpeg"
    assert psnr(photograph, decoded(response.content)) > psnr(photograph, decoded(noisy)) + 4


async def test_noisy_digits_come_back_cleaner(client: httpx.AsyncClient) -> None:
    from sklearn.datasets import load_digits

    eight_by_eight = load_digits().images[:16] / 16 * 255
    digits = np.stack(
        [
            np.asarray(Image.fromarray(digit.astype(np.uint8)).resize((20, 20), Image.BICUBIC))
            for digit in eight_by_eight
        ]
    )
    clean = np.pad(digits, ((0, 0), (4, 4), (4, 4)))
    noisy = with_noise(clean, 127.5)
    restored = np.stack([decoded((await denoise(client, png(each), model="digits-denoise")).content) for each in noisy])
    assert psnr(clean, restored) > psnr(clean, noisy) + 5


async def test_strength_zero_returns_the_same_pixels(client: httpx.AsyncClient, photograph: np.ndarray) -> None:
    noisy = with_noise(photograph)
    response = await denoise(client, png(noisy), strength=0)
    assert np.array_equal(decoded(response.content), noisy)
    assert response.headers["x-noise-sigma"] == "0.00"


async def test_strength_scales_sigma(client: httpx.AsyncClient, photograph: np.ndarray) -> None:
    noisy = png(with_noise(photograph))
    scaled = await denoise(client, noisy, sigma=50, strength=0.5)
    told = await denoise(client, noisy, sigma=25)
    assert scaled.headers["x-noise-sigma"] == "25.00"
    assert np.array_equal(decoded(scaled.content), decoded(told.content))


@pytest.mark.parametrize("level", [0, 7, 128, 255])
async def test_flat_picture_stays_flat(client: httpx.AsyncClient, level: int) -> None:
    flat = np.full((65, 90, 3), level, np.uint8)
    assert np.array_equal(decoded((await denoise(client, png(flat))).content), flat)


@pytest.mark.parametrize("level", [0, 7, 128, 255])
async def test_flat_picture_stays_flat_when_told_of_noise_that_is_not_there(
    client: httpx.AsyncClient, level: int
) -> None:
    """The frame within reach of the network's zero padding is the worst of it.

    Next to black a little less comes back: files of 8 bits with that much noise are brighter there than what they show.
    """
    flat = np.full((65, 90, 3), level, np.uint8)
    change = decoded((await denoise(client, png(flat), sigma=25)).content).astype(int) - level
    inside = change[16:-16, 16:-16]
    assert inside.max() <= 1
    assert inside.min() >= (-2 if level == 7 else -1)
    assert np.abs(change).max() <= 6


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (3, 5), (29, 31)])
async def test_tiny_pictures_keep_their_size(client: httpx.AsyncClient, shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    for options in ({"sigma": 25}, {}):
        assert decoded((await denoise(client, png(pixels), **options)).content).shape == pixels.shape


async def test_large_photograph_is_tiled_without_seams(client: httpx.AsyncClient) -> None:
    """The same picture through small tiles and whole: in bfloat16 no more than two levels of 255 apart."""
    noisy = png(with_noise(data.astronaut()))
    whole = decoded((await denoise(client, noisy, sigma=25)).content).astype(int)
    async with connected(Settings(models=("photo",), tile=192)) as other:
        tiled = decoded((await denoise(other, noisy, sigma=25)).content).astype(int)
    assert np.abs(whole - tiled).max() <= 2


async def test_alpha_comes_back_untouched(client: httpx.AsyncClient, photograph: np.ndarray) -> None:
    alpha = np.tile(np.linspace(0, 255, photograph.shape[1]).astype(np.uint8), (photograph.shape[0], 1))
    noisy = np.dstack([with_noise(photograph), alpha])
    clean = decoded((await denoise(client, png(noisy), sigma=25)).content)
    assert np.array_equal(clean[..., 3], alpha)
    assert psnr(photograph, clean[..., :3]) > psnr(photograph, noisy[..., :3]) + 8


async def test_gray_with_alpha_stays_gray_with_alpha(connect: Connect, gray_photograph: np.ndarray) -> None:
    pixels = np.dstack([gray_photograph, 255 - gray_photograph])
    async with connect() as client:
        answer = decoded((await denoise(client, png(pixels), strength=0)).content)
    assert np.array_equal(answer, pixels)


async def test_raw_body_answers_like_a_form(client: httpx.AsyncClient, photograph: np.ndarray) -> None:
    noisy = png(with_noise(photograph))
    for content_type in ("image/png", "image/jpeg", "application/octet-stream"):
        raw = await client.post("/denoise?sigma=25", content=noisy, headers={"content-type": content_type})
        assert raw.content == (await denoise(client, noisy, sigma=25)).content
        assert raw.headers["content-type"] == "image/png"


async def test_options_work_as_form_fields(connect: Connect, photograph: np.ndarray) -> None:
    async with connect() as client:
        form = {"sigma": "30", "strength": "0.5", "format": "jpeg", "quality": "80"}
        response = await client.post("/denoise", files={"file": png(photograph)}, data=form)
    assert response.headers["x-noise-sigma"] == "15.00"
    assert response.headers["content-type"] == "image/jpeg"


async def test_headers_name_model_noise_and_times(client: httpx.AsyncClient, photograph: np.ndarray) -> None:
    card = verify(newest(BUNDLED, "photo")).card
    headers = (await denoise(client, png(photograph), sigma=12.5)).headers
    assert headers["x-model"] == f"{card.reference}; sha256={card.sha256[:12]}"
    assert headers["x-noise-sigma"] == "12.50"
    assert headers["vary"] == "Accept"
    assert "x-warnings" not in headers
    stages = [part.split(";dur=") for part in headers["server-timing"].split(", ")]
    assert [name for name, _ in stages] == ["decode", "queue", "infer", "encode"]
    assert all(float(duration) >= 0 for _, duration in stages)


@pytest.mark.parametrize(
    ("own", "accept", "expected"),
    [
        ("PNG", None, "image/png"),
        ("JPEG", None, "image/jpeg"),
        ("JPEG", "*/*", "image/jpeg"),
        ("JPEG", "image/avif,image/webp,image/png,image/*;q=0.8", "image/jpeg"),
        ("PNG", "image/jpeg", "image/jpeg"),
        ("JPEG", "text/html, image/png;q=0.5", "image/png"),
        ("PNG", "image/png;q=0, image/jpeg", "image/jpeg"),
        ("PNG", "image/png;q=0, image/*", "image/jpeg"),
    ],
)
async def test_answer_format_is_negotiated(connect: Connect, own: str, accept: str | None, expected: str) -> None:
    file = encoded(np.zeros((8, 8, 3), np.uint8), own)
    async with connect() as client:
        if accept is None:
            del client.headers["accept"]
        else:
            client.headers["accept"] = accept
        assert (await denoise(client, file)).headers["content-type"] == expected


async def test_format_option_wins_over_accept(connect: Connect) -> None:
    async with connect() as client:
        response = await client.post(
            "/denoise?format=jpeg", content=png(np.zeros((8, 8), np.uint8)), headers={"accept": "image/png"}
        )
    assert response.headers["content-type"] == "image/jpeg"


async def test_quality_decides_the_size_of_a_jpeg(connect: Connect, photograph: np.ndarray) -> None:
    async with connect() as client:
        small, large = [
            len((await denoise(client, png(photograph), format="jpeg", quality=quality)).content)
            for quality in (40, 98)
        ]
    assert large > 2 * small


async def test_transparent_picture_as_jpeg_lies_on_white_and_says_so(connect: Connect) -> None:
    pixels = np.zeros((8, 8, 4), np.uint8)
    async with connect() as client:
        response = await denoise(client, png(pixels), format="jpeg", strength=0)
    assert decoded(response.content).min() == 255
    assert "transparency" in response.headers["x-warnings"]


async def test_photograph_held_sideways_comes_back_upright(connect: Connect, photograph: np.ndarray) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    file = encoded(np.rot90(photograph), "PNG", exif=exif)
    async with connect() as client:
        response = await denoise(client, file, strength=0)
    assert np.array_equal(decoded(response.content), photograph)
    with Image.open(io.BytesIO(response.content)) as image:
        assert image.getexif().get(0x0112, 1) == 1
    assert "x-warnings" not in response.headers


@pytest.mark.parametrize("format_", ["PNG", "JPEG"])
async def test_colour_profile_and_dpi_come_back(connect: Connect, photograph: np.ndarray, format_: str) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    async with connect() as client:
        response = await denoise(client, encoded(photograph, format_, icc_profile=profile, dpi=(300, 300)))
    with Image.open(io.BytesIO(response.content)) as image:
        assert image.info["icc_profile"] == profile
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)


async def test_residual_is_what_was_removed_around_mid_gray(client: httpx.AsyncClient, photograph: np.ndarray) -> None:
    noisy = with_noise(photograph)
    clean = decoded((await denoise(client, png(noisy), sigma=25)).content)
    response = await denoise(client, png(noisy), sigma=25, output="residual")
    removed = noisy.astype(int) - clean
    assert np.array_equal(decoded(response.content), np.clip(removed + 128, 0, 255))
    assert response.headers["x-noise-sigma"] == "25.00"
    untouched = await denoise(client, png(noisy), strength=0, output="residual")
    assert (decoded(untouched.content) == 128).all()


async def test_comparison_shows_before_beside_after(connect: Connect, photograph: np.ndarray) -> None:
    transparent = np.dstack([photograph, np.arange(451, dtype=np.uint8) + np.zeros((300, 1), np.uint8)])
    async with connect() as client:
        opaque = decoded((await denoise(client, png(photograph), sigma=25, output="comparison")).content)
        both = decoded((await denoise(client, png(transparent), sigma=25, output="comparison")).content)
    assert np.array_equal(opaque[:, :451], photograph)
    assert np.array_equal(opaque[:, 451:], np.rint(photograph / 2).astype(np.uint8))
    assert np.array_equal(both[:, :451], transparent)
    assert np.array_equal(both[:, 451:, 3], transparent[..., 3])


async def test_residual_and_comparison_of_sixteen_bits(connect: Connect) -> None:
    deep = np.arange(600, dtype=np.uint16).reshape(20, 30, 1) * 100
    async with connect() as client:
        removed = await denoise(client, write_png([Frame(deep)]), sigma=25, output="residual")
        both = await denoise(client, write_png([Frame(deep)]), sigma=25, output="comparison")
    assert np.array_equal(png_decode(removed.content), (deep - np.rint(deep / 2) + 32768).squeeze())
    assert png_decode(both.content).shape == (20, 60)


async def test_comparison_too_wide_for_a_format(connect: Connect) -> None:
    wide = png(np.zeros((1, 8200), np.uint8))
    async with connect() as client:
        assert (await client.post("/denoise?sigma=5&format=webp", content=wide)).status_code == 200
        response = await client.post("/denoise?sigma=5&format=webp&output=comparison", content=wide)
    assert_problem(response, 422, "invalid_parameter", "16383", "16400")


async def test_palette_picture_becomes_rgb_and_says_so(connect: Connect, photograph: np.ndarray) -> None:
    palette = Image.fromarray(photograph).quantize(16)
    target = io.BytesIO()
    palette.save(target, format="PNG")
    async with connect() as client:
        response = await denoise(client, target.getvalue(), strength=0)
    assert np.array_equal(decoded(response.content), np.asarray(palette.convert("RGB")))
    assert "palette became RGB" in response.headers["x-warnings"]
