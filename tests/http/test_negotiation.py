"""The format and the name of an answer: what was asked for, else what the client takes, else what came."""

import io

import httpx
import numpy as np
import pytest
from PIL import Image

from app.codecs.formats import CAPACITIES, EXTENSIONS, MEDIA_TYPES, Format
from tests.conftest import encoded, png
from tests.http.conftest import Connect
from tests.http.test_errors import assert_problem

PIXELS = np.random.default_rng(0).integers(0, 256, (8, 9, 3), dtype=np.uint8)
WIDE = np.zeros((1, CAPACITIES["webp"].side + 1, 3), np.uint8)
WIDEST = np.zeros((1, CAPACITIES["gif"].side + 1), np.uint8)
BROWSER = "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5"


async def answered(client: httpx.AsyncClient, file: bytes, accept: str | None = None, **options: str) -> httpx.Response:
    headers = {"accept": accept} if accept else {}
    response = await client.post(
        "/denoise?strength=0", content=file, params=options | {"strength": "0"}, headers=headers
    )
    assert response.status_code == 200, response.text
    return response


@pytest.mark.parametrize("format_", MEDIA_TYPES)
@pytest.mark.parametrize("accept", [None, "*/*", BROWSER, "text/html, image/*;q=0.1"])
async def test_a_picture_answers_in_its_own_format(connect: Connect, format_: Format, accept: str | None) -> None:
    async with connect() as client:
        response = await answered(client, encoded(PIXELS, format_.upper()), accept)
    assert response.headers["content-type"] == MEDIA_TYPES[format_]
    assert response.headers["vary"] == "Accept"
    with Image.open(io.BytesIO(response.content)) as image:
        assert image.format == format_.upper()


@pytest.mark.parametrize("format_", MEDIA_TYPES)
async def test_an_option_decides(connect: Connect, format_: Format) -> None:
    async with connect() as client:
        response = await answered(client, png(PIXELS), "image/png", format=format_)
    assert response.headers["content-type"] == MEDIA_TYPES[format_]


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("image/webp", "webp"),
        ("text/html, image/avif;q=0.5, image/tiff;q=0.9", "tiff"),
        ("image/x-icon, image/gif", "gif"),
        ("image/png;q=0, image/jpeg", "jpeg"),
    ],
)
async def test_the_first_that_can_be_written(connect: Connect, accept: str, expected: Format) -> None:
    async with connect() as client:
        response = await answered(client, png(PIXELS), accept)
    assert response.headers["content-type"] == MEDIA_TYPES[expected]


async def test_bmp_answers_as_png_and_says_so(connect: Connect) -> None:
    async with connect() as client:
        for accept in (None, BROWSER, "image/bmp, image/*;q=0.1"):
            response = await answered(client, encoded(PIXELS, "BMP"), accept)
            assert response.headers["content-type"] == "image/png"
            assert "BMP" in response.headers["x-warnings"]
        asked = await answered(client, encoded(PIXELS, "BMP"), "image/webp")
        assert asked.headers["content-type"] == "image/webp"


async def test_format_that_cannot_hold_the_size_is_refused(connect: Connect) -> None:
    async with connect() as client:
        response = await client.post("/denoise?strength=0&format=webp", content=png(WIDE))
    body = assert_problem(response, 422, "invalid_parameter", "webp", "16383", "16384", "png, jpeg, avif, tiff, gif")
    assert (body["limit"], body["value"]) == (16_383, 16_384)


async def test_format_that_cannot_hold_the_size_is_passed_over(connect: Connect) -> None:
    async with connect() as client:
        response = await answered(client, png(WIDE), "image/webp, image/jpeg;q=0.1")
        assert response.headers["content-type"] == "image/jpeg"
        refused = await client.post("/denoise", content=png(WIDEST), headers={"accept": "image/webp, image/gif"})
    body = assert_problem(refused, 406, "not_acceptable", "65536", "accepted: image/png, image/tiff")
    assert "jpeg" not in str(body["detail"])


async def test_format_that_is_refused_is_not_one_that_is_too_small(connect: Connect) -> None:
    async with connect() as client:
        refused = await client.post("/denoise", content=png(PIXELS), headers={"accept": "text/html, image/png;q=0"})
    body = assert_problem(refused, 406, "not_acceptable", "accepted: image/jpeg")
    assert "side" not in str(body["detail"])


async def test_quality_is_of_the_format_that_answers(connect: Connect) -> None:
    async with connect() as client:
        for format_ in ("jpeg", "webp", "avif"):
            low, high = [
                len((await answered(client, png(PIXELS), format=format_, quality=quality)).content)
                for quality in ("5", "99")
            ]
            assert low < high


@pytest.mark.parametrize("format_", MEDIA_TYPES)
async def test_answer_is_named_like_the_upload(connect: Connect, format_: Format) -> None:
    async with connect() as client:
        form = await client.post(f"/denoise?format={format_}", files={"file": ("Käfer 1.bmp", png(PIXELS))})
        nameless = await answered(client, png(PIXELS), format=format_)
    extension = EXTENSIONS[format_]
    assert form.headers["content-disposition"] == (
        f"inline; filename=\"Kafer 1.{extension}\"; filename*=UTF-8''K%C3%A4fer%201.{extension}"
    )
    assert nameless.headers["content-disposition"].startswith(f'inline; filename="picture.{extension}";')


async def test_raw_bytes_may_have_a_name(connect: Connect) -> None:
    async with connect() as client:
        response = await client.post(
            "/denoise",
            content=png(PIXELS),
            headers={"content-disposition": 'attachment; filename="../K\u00e4fer.jpg"'.encode()},
        )
    assert 'filename="Kafer.png"' in response.headers["content-disposition"]


async def test_hostile_name_stays_one_harmless_name(connect: Connect) -> None:
    disposition = b'form-data; name="file"; filename="\xe2\x80\xaea\tb\\"; x=y.exe"'
    async with connect() as client:
        response = await client.post(
            "/denoise",
            content=b"--x\r\nContent-Disposition: " + disposition + b"\r\n\r\n" + png(PIXELS) + b"\r\n--x--\r\n",
            headers={"content-type": "multipart/form-data; boundary=x"},
        )
    assert response.status_code == 200
    assert response.headers["content-disposition"] == (
        "inline; filename=\"ab_; x=y.png\"; filename*=UTF-8''ab_%3B%20x%3Dy.png"
    )
