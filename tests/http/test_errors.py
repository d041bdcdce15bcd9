"""Every error of the contract that can occur: status, code, limit, and a detail that helps."""

import re
import zlib

import httpx
import numpy as np
import pytest
from fastapi import FastAPI

from app.codecs.formats import MEDIA_TYPES
from app.main import create_app
from app.settings import Settings
from models.denoising import Feed
from models.pixels import FloatImage
from tests.conftest import encoded, png
from tests.http.conftest import Connect, HalvingEngine, connected, halving_loader

PICTURE = png(np.full((20, 30, 3), 90, np.uint8))
CUT_OFF_FILE = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n' + PICTURE
CUT_OFF_OPTION = CUT_OFF_FILE + b'\r\n--x\r\nContent-Disposition: form-data; name="sigma"\r\n\r\n2'


def assert_problem(response: httpx.Response, status: int, code: str, *parts: str) -> dict[str, object]:
    """Check the form of an error and that its detail has `parts`."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, object] = response.json()
    assert body["status"] == status
    assert body["code"] == code
    assert body["type"] == f"urn:limpid:{code}"
    assert body["title"]
    assert body["request_id"] == response.headers["x-request-id"]
    for part in parts:
        assert part in str(body["detail"])
    return body


@pytest.mark.parametrize("endpoint", ["/denoise", "/reconstruct", "/encode"])
class TestEveryUpload:
    async def test_empty_body(self, connect: Connect, endpoint: str) -> None:
        async with connect() as client:
            assert_problem(await client.post(endpoint), 400, "no_image", "empty", "'file'")

    async def test_form_without_the_file(self, connect: Connect, endpoint: str) -> None:
        async with connect() as client:
            assert_problem(await client.post(endpoint, files={"picture": PICTURE}), 400, "no_image", "'picture'")
            assert_problem(await client.post(endpoint, files={"file": b""}), 400, "no_image", "'file'")
            text = await client.post(endpoint, files={"file": (None, b"text")})
            assert_problem(text, 400, "no_image", "text")

    async def test_two_files(self, connect: Connect, endpoint: str) -> None:
        async with connect() as client:
            response = await client.post(endpoint, files=[("file", PICTURE), ("file", PICTURE)])
        assert_problem(response, 400, "malformed_request", "1")

    async def test_broken_multipart(self, connect: Connect, endpoint: str) -> None:
        async with connect() as client:
            for content_type, body, named in (
                ("multipart/form-data", b"--x\r\nnothing", "boundary"),
                ("multipart/form-data; boundary=x", b"--y\r\nnothing", "multipart"),
                ("multipart/form-data; boundary=x", CUT_OFF_FILE, "cut off"),
                ("multipart/form-data; boundary=x", CUT_OFF_OPTION, "cut off"),
            ):
                response = await client.post(endpoint, content=body, headers={"content-type": content_type})
                assert_problem(response, 400, "malformed_request", named)

    async def test_unknown_option(self, connect: Connect, endpoint: str) -> None:
        async with connect() as client:
            query = await client.post(f"{endpoint}?sharpen=1", content=PICTURE)
            form = await client.post(endpoint, files={"file": PICTURE}, data={"sharpen": "1"})
        for response in (query, form):
            assert_problem(response, 422, "invalid_parameter", "'sharpen'")

    async def test_unknown_model_names_those_there_are(self, connect: Connect, endpoint: str) -> None:
        async with connect() as client:
            response = await client.post(f"{endpoint}?model=unet", content=PICTURE)
        assert_problem(response, 404, "unknown_model", "'unet'", "photo@")

    async def test_model_of_another_task_names_the_fitting_ones(self, connect: Connect, endpoint: str) -> None:
        other, fitting = ("digits-ae", "photo") if endpoint == "/denoise" else ("photo", "digits-ae")
        async with connect() as client:
            response = await client.post(f"{endpoint}?model={other}", content=PICTURE)
        assert_problem(response, 422, "invalid_parameter", other, fitting)

    @pytest.mark.parametrize(
        "garbage",
        [
            b"\0\0\1\0",
            b"%PDF-1.7",
            b"%!PS-Adobe-3.0 EPSF-3.0",
            b"\x00" * 100,
            b"<svg/>",
            b"\x89PNG",
            b"RIFF\0\0\0\0WAVE",
        ],
        ids=["ico", "pdf", "eps", "zeros", "svg", "half a signature", "wave"],
    )
    async def test_other_bytes(self, connect: Connect, endpoint: str, garbage: bytes) -> None:
        async with connect() as client:
            assert_problem(await client.post(endpoint, content=garbage), 415, "unsupported_image", "PNG", "JPEG")

    async def test_other_content_type(self, connect: Connect, endpoint: str) -> None:
        async with connect() as client:
            response = await client.post(endpoint, json={"image": "…"})
        assert_problem(response, 415, "unsupported_image", "application/json", "multipart/form-data")

    @pytest.mark.parametrize("format_", ["PNG", "JPEG"])
    async def test_cut_off_picture(self, connect: Connect, endpoint: str, format_: str) -> None:
        rng = np.random.default_rng(0)
        whole = encoded(rng.integers(0, 256, (64, 64, 3), dtype=np.uint8), format_)
        async with connect() as client:
            for part in (0.05, 0.5, 0.9):
                response = await client.post(endpoint, content=whole[: int(len(whole) * part)])
                assert_problem(response, 422, "corrupt_image", format_)

    async def test_too_many_pixels(self, connect: Connect, endpoint: str) -> None:
        async with connect(max_pixels=599) as client:
            body = assert_problem(await client.post(endpoint, content=PICTURE), 413, "image_too_large", "30 x 20")
        assert (body["limit"], body["value"]) == (599, 600)

    async def test_lying_header_of_a_huge_picture_is_refused_before_decoding(
        self, connect: Connect, endpoint: str
    ) -> None:
        header = PICTURE[12:16] + (60_000).to_bytes(4, "big") * 2 + PICTURE[24:29]
        file = PICTURE[:12] + header + zlib.crc32(header).to_bytes(4, "big") + PICTURE[33:]
        async with connect() as client:
            body = assert_problem(await client.post(endpoint, content=file), 413, "image_too_large", "60000 x 60000")
        assert body["value"] == 60_000**2

    async def test_too_many_bytes(self, connect: Connect, endpoint: str) -> None:
        async def chunks():
            for _ in range(30):
                yield PICTURE

        async with connect(max_body_bytes=2000) as client:
            declared = await client.post(endpoint, content=PICTURE * 30)
            chunked = await client.post(endpoint, content=chunks())
        for response in (declared, chunked):
            body = assert_problem(response, 413, "body_too_large", "2000")
            assert body["limit"] == 2000
            assert body["value"] > 2000


@pytest.mark.parametrize(
    ("option", "value", "accepted"),
    [
        ("sigma", "loud", "auto"),
        ("output", "picture", "residual"),
        ("metadata", "some", "no-gps"),
        ("sigma", "-1", "75"),
        ("sigma", "75.01", "75"),
        ("sigma", "nan", "75"),
        ("strength", "2.1", "2"),
        ("strength", "-0.1", "0"),
        ("strength", "inf", "finite"),
        ("format", "bmp", "jpeg"),
        ("quality", "0", "1"),
        ("quality", "101", "100"),
        ("quality", "high", "integer"),
    ],
)
async def test_impossible_option_of_denoise(connect: Connect, option: str, value: str, accepted: str) -> None:
    async with connect() as client:
        query = await client.post("/denoise", content=PICTURE, params={option: value})
        form = await client.post("/denoise", files={"file": PICTURE}, data={option: value})
    for response in (query, form):
        assert_problem(response, 422, "invalid_parameter", option, value, accepted)


@pytest.mark.parametrize(("option", "value"), [("normalize", "perhaps"), ("encoding", "xml")])
async def test_impossible_option_of_encode(connect: Connect, option: str, value: str) -> None:
    async with connect() as client:
        response = await client.post("/encode", content=PICTURE, params={option: value})
    assert_problem(response, 422, "invalid_parameter", option, value)


async def test_option_that_the_model_does_not_have(connect: Connect) -> None:
    async with connect() as client:
        for option in ("sigma", "strength"):
            response = await client.post(f"/denoise?model=digits-denoise&{option}=1", content=PICTURE)
            assert_problem(response, 422, "invalid_parameter", option, "digits-denoise")


async def test_option_given_twice(connect: Connect) -> None:
    async with connect() as client:
        response = await client.post("/denoise?sigma=5", files={"file": PICTURE}, data={"sigma": "6"})
    assert_problem(response, 422, "invalid_parameter", "sigma", "twice")


async def test_quality_of_a_lossless_answer(connect: Connect) -> None:
    async with connect() as client:
        own = await client.post("/denoise?quality=80", content=PICTURE)
        assert_problem(own, 422, "invalid_parameter", "quality", "PNG")
        for format_ in ("png", "tiff", "gif"):
            response = await client.post(f"/denoise?format={format_}&quality=80", content=PICTURE)
            assert_problem(response, 422, "invalid_parameter", "quality", format_.upper())


async def test_nothing_acceptable(connect: Connect) -> None:
    async with connect() as client:
        response = await client.post("/denoise", content=PICTURE, headers={"accept": "image/x-icon, text/html"})
    assert_problem(response, 406, "not_acceptable", "image/x-icon", *MEDIA_TYPES.values())


async def test_unknown_path_and_method(connect: Connect) -> None:
    async with connect() as client:
        assert_problem(await client.get("/nowhere"), 404, "not_found", "/nowhere")
        assert_problem(await client.post("/denoise/"), 404, "not_found", "/denoise/")
        response = await client.get("/denoise")
        assert_problem(response, 405, "method_not_allowed", "POST")
        assert response.headers["allow"] == "POST, OPTIONS"
        assert_problem(await client.get("/models/nothing"), 404, "unknown_model", "photo@")


async def test_refusals_by_the_checks_before_the_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.access.middleware.PAUSE_S", 0)
    key = "a-key-of-the-tests"
    app = create_app(Settings(api_keys=key, rate_limit="1/day", trusted_hosts="limpid"), loader=halving_loader)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://limpid") as client:
        assert_problem(await client.get("/models"), 401, "unauthorized", "X-API-Key")
        assert_problem(await client.get("/models", headers={"x-api-key": key[:-1]}), 403, "forbidden", "API key")
        assert_problem(await client.get("http://another/models"), 400, "malformed_request", "Host")
        assert (await client.get("/docs", headers={"x-api-key": key})).status_code == 200
        limited = await client.get("/docs", headers={"x-api-key": key})
    body = assert_problem(limited, 429, "rate_limited", "this key", "1 request per day")
    assert body["limit"] == 1
    assert 1 <= int(limited.headers["retry-after"]) <= 86_400


async def test_length_that_is_no_number(connect: Connect) -> None:
    async with connect() as client:
        for length in ("many", "9" * 5000):
            response = await client.post("/denoise", content=PICTURE, headers={"content-length": length})
            assert_problem(response, 400, "malformed_request", "Content-Length")


async def test_bug_answers_with_the_request_id_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    class BrokenEngine(HalvingEngine):
        def run(self, feed: Feed) -> FloatImage:
            raise RuntimeError("secret path /etc/limpid")

    async with connected(Settings(), loader=lambda artifact, _: BrokenEngine(artifact.card)) as client:
        response = await client.post("/denoise?sigma=5", content=PICTURE, headers={"x-request-id": "abc-1"})
    body = assert_problem(response, 500, "internal_error")
    assert body["request_id"] == "abc-1"
    assert "secret" not in response.text
    assert any("RuntimeError" in message for message in caplog.messages)


async def test_before_the_models_are_loaded() -> None:
    app: FastAPI = create_app(Settings(), loader=halving_loader)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://limpid") as client:
        assert (await client.get("/health/live")).status_code == 200
        answers = [await client.get("/health/ready"), await client.get("/models")]
        answers += [await client.post(path, content=PICTURE) for path in ("/denoise", "/reconstruct", "/encode")]
    for response in answers:
        assert_problem(response, 503, "not_ready")
        assert int(response.headers["retry-after"]) > 0


@pytest.mark.parametrize("offered", ["a", "A-z_09", "x" * 64])
async def test_harmless_request_id_is_kept(connect: Connect, offered: str) -> None:
    async with connect() as client:
        for path in ("/health/live", "/nowhere"):
            response = await client.get(path, headers={"x-request-id": offered})
            assert response.headers["x-request-id"] == offered


@pytest.mark.parametrize("offered", ["", "x" * 65, "a b", "ü".encode(), "a;b"])
async def test_other_request_id_is_replaced(connect: Connect, offered: str) -> None:
    async with connect() as client:
        response = await client.get("/health/live", headers={"x-request-id": offered})
    assert re.fullmatch(r"[0-9a-f]{32}", response.headers["x-request-id"])
