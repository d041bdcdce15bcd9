"""HEAD, OPTIONS and requests of pages from elsewhere."""

import httpx
import numpy as np
import pytest
from pydantic import ValidationError

from app.settings import Settings
from models.denoising import Feed
from models.pixels import FloatImage
from tests.conftest import png
from tests.http.conftest import Connect, HalvingEngine, connected
from tests.http.test_errors import assert_problem

PICTURE = png(np.full((20, 30, 3), 90, np.uint8))
READ = ("/models", "/models/photo", "/health/live", "/health/ready", "/openapi.json", "/docs")
ASSET = "/static-offline-docs/swagger-ui.css"
WRITE = ("/denoise", "/reconstruct", "/encode")
ORIGIN = "https://app.example"
EXPOSED = {
    "x-model",
    "x-noise-sigma",
    "x-reconstruction-error",
    "x-anomaly-score",
    "server-timing",
    "x-request-id",
    "x-warnings",
    "content-disposition",
    "retry-after",
}


@pytest.mark.parametrize("path", [*READ, ASSET])
async def test_head_answers_like_get_without_the_body(connect: Connect, path: str) -> None:
    async with connect() as client:
        whole, head = await client.get(path), await client.head(path)
    assert whole.content
    assert not head.content
    assert head.status_code == 200
    differing = {"x-request-id", "date"}
    assert {name: value for name, value in head.headers.items() if name not in differing} == {
        name: value for name, value in whole.headers.items() if name not in differing
    }


async def test_head_of_an_error_has_no_body_either(connect: Connect) -> None:
    async with connect() as client:
        for path, status in (("/nowhere", 404), ("/models/nothing", 404), ("/denoise", 405)):
            response = await client.head(path)
            assert response.status_code == status
            assert response.headers["content-type"] == "application/problem+json"
            assert not response.content


async def test_options_names_the_methods(connect: Connect) -> None:
    async with connect() as client:
        for path in (*READ, *WRITE, ASSET):
            response = await client.options(path)
            assert response.status_code == 204
            assert not response.content
            assert response.headers["x-request-id"]
            allowed = "POST, OPTIONS" if path in WRITE else "GET, HEAD, OPTIONS"
            assert response.headers["allow"] == allowed


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH", "BREW"])
async def test_other_methods_learn_which_are_allowed(connect: Connect, method: str) -> None:
    async with connect() as client:
        for path in (*READ, *WRITE, ASSET):
            response = await client.request(method, path)
            allowed = "POST, OPTIONS" if path in WRITE else "GET, HEAD, OPTIONS"
            assert_problem(response, 405, "method_not_allowed", method, path, allowed)
            assert response.headers["allow"] == allowed


@pytest.mark.parametrize("range_", ["bytes=0-9", "bytes=99999999-", "x"])
async def test_parts_are_not_answered(connect: Connect, range_: str) -> None:
    async with connect() as client:
        response = await client.get(ASSET, headers={"range": range_})
    assert response.status_code == 200
    assert len(response.content) > 10


@pytest.mark.parametrize("method", ["OPTIONS", "GET", "POST"])
async def test_unknown_path_stays_unknown(connect: Connect, method: str) -> None:
    async with connect() as client:
        assert_problem(await client.request(method, "/nowhere"), 404, "not_found", "/nowhere")


async def test_without_the_setting_no_page_from_elsewhere_reads_anything(connect: Connect) -> None:
    async with connect() as client:
        answer = await client.post("/denoise", content=PICTURE, headers={"origin": ORIGIN})
        preflight = await client.options("/denoise", headers=asking())
    for response in (answer, preflight):
        assert not [name for name in response.headers if name.startswith("access-control")]


def asking(origin: str = ORIGIN, method: str = "POST", headers: str = "content-type, x-api-key") -> dict[str, str]:
    """Return the headers of a preflight."""
    return {
        "origin": origin,
        "access-control-request-method": method,
        "access-control-request-headers": headers,
    }


async def test_page_of_an_allowed_origin_sends_pictures_and_reads_headers(connect: Connect) -> None:
    async with connect(cors_origins="https://other.example, https://APP.example:443/") as client:
        preflight = await client.options("/denoise", headers=asking())
        assert preflight.status_code == 200
        assert preflight.headers["access-control-allow-origin"] == ORIGIN
        assert {"GET", "HEAD", "POST", "OPTIONS"} == set(preflight.headers["access-control-allow-methods"].split(", "))
        assert {"authorization", "content-type", "x-api-key", "x-request-id"} <= set(
            preflight.headers["access-control-allow-headers"].lower().split(", ")
        )
        assert preflight.headers["x-request-id"]
        answer = await client.post("/denoise", content=PICTURE, headers={"origin": ORIGIN})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert set(answer.headers["access-control-expose-headers"].lower().split(", ")) == EXPOSED
    assert set(answer.headers["vary"].split(", ")) == {"Accept", "Origin"}


async def test_star_allows_every_origin(connect: Connect) -> None:
    async with connect(cors_origins="*") as client:
        assert (await client.options("/denoise", headers=asking("null"))).status_code == 200
        answer = await client.get("/models", headers={"origin": "https://anyone.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


async def test_page_of_another_origin_reads_nothing(connect: Connect) -> None:
    async with connect(cors_origins=ORIGIN) as client:
        answer = await client.get("/models", headers={"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("refused", "named"),
    [
        ({"origin": "https://evil.example"}, "LIMPID_CORS_ORIGINS"),
        ({"method": "DELETE"}, "HEAD, POST"),
        ({"headers": "x-evil"}, "X-API-Key"),
    ],
)
async def test_refused_preflight_is_a_problem(connect: Connect, refused: dict[str, str], named: str) -> None:
    async with connect(cors_origins=ORIGIN) as client:
        response = await client.options("/denoise", headers=asking(**refused))
    assert_problem(response, 400, "malformed_request", "Disallowed CORS", named)
    assert "Origin" in response.headers["vary"]


async def test_options_that_is_no_preflight_still_names_the_methods(connect: Connect) -> None:
    async with connect(cors_origins=ORIGIN) as client:
        response = await client.options("/denoise", headers={"origin": ORIGIN})
    assert (response.status_code, response.headers["allow"]) == (204, "POST, OPTIONS")
    assert response.headers["access-control-allow-origin"] == ORIGIN


async def test_page_of_an_allowed_origin_reads_errors_too() -> None:
    class BrokenEngine(HalvingEngine):
        def run(self, feed: Feed) -> FloatImage:
            raise RuntimeError("a bug")

    settings, origin = Settings(cors_origins=ORIGIN), {"origin": ORIGIN}
    async with connected(settings, loader=lambda artifact, _: BrokenEngine(artifact.card)) as client:
        answers: list[tuple[httpx.Response, int, str]] = [
            (await client.get("/nowhere", headers=origin), 404, "not_found"),
            (await client.get("/denoise", headers=origin), 405, "method_not_allowed"),
            (await client.post("/denoise", headers=origin), 400, "no_image"),
            (await client.post("/denoise?sigma=5", content=PICTURE, headers=origin), 500, "internal_error"),
        ]
    for response, status, code in answers:
        assert_problem(response, status, code)
        assert response.headers["access-control-allow-origin"] == ORIGIN


@pytest.mark.parametrize(
    ("setting", "origins"),
    [
        ("", ()),
        ("*", ("*",)),
        ("https://a.example, http://localhost:3000", ("https://a.example", "http://localhost:3000")),
        ("HTTPS://B\u00fccher.example:443/", ("https://xn--bcher-kva.example",)),
        ("http://[::1]:8080,chrome-extension://abc", ("http://[::1]:8080", "chrome-extension://abc")),
    ],
)
def test_origins_become_what_browsers_send(setting: str, origins: tuple[str, ...]) -> None:
    assert Settings(cors_origins=setting).cors_origins == origins


@pytest.mark.parametrize(
    "setting",
    [
        "a.example",
        "null",
        "https://",
        "https://*.example",
        "https://a.example/path",
        "https://a.example?query",
        "https://me@a.example",
        "https://a.example https://b.example",
        "file:///etc",
    ],
)
def test_what_is_no_origin_stops_the_start(setting: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        Settings(cors_origins=setting)
    (error,) = refusal.value.errors()
    assert error["loc"] == ("cors_origins",)
    assert "https://example.com" in error["msg"]
    assert setting in error["msg"]
