"""Security headers: on every answer, and such that what is meant to work in browsers does."""

import re

import httpx
import numpy as np
import pytest

from app.main import create_app
from app.settings import Settings
from models.denoising import Feed
from models.pixels import FloatImage
from tests.conftest import png
from tests.http.conftest import HalvingEngine, connected, halving_loader

PICTURE = png(np.full((20, 30, 3), 90, np.uint8))
STRICT = "default-src 'none'; frame-ancestors 'none'"
ASSET = "/static-offline-docs/swagger-ui.css"


def directives(response: httpx.Response) -> dict[str, list[str]]:
    parts = [part.split() for part in response.headers["content-security-policy"].split(";")]
    return {name: values for name, *values in parts}


async def test_every_answer_has_them() -> None:
    class BrokenEngine(HalvingEngine):
        def run(self, feed: Feed) -> FloatImage:
            raise RuntimeError("a bug")

    async with connected(Settings(), loader=lambda artifact, _: BrokenEngine(artifact.card)) as client:
        answers = {
            200: await client.post("/encode", content=PICTURE),
            204: await client.options("/denoise"),
            404: await client.get("/nowhere"),
            405: await client.get("/denoise"),
            415: await client.post("/denoise", content=b"no picture"),
            500: await client.post("/denoise?sigma=5", content=PICTURE),
        }
    for status, response in answers.items():
        assert response.status_code == status
        assert response.headers.get_list("content-security-policy") == [STRICT]
        assert response.headers.get_list("x-content-type-options") == ["nosniff"]
        assert response.headers.get_list("referrer-policy") == ["no-referrer"]
        assert response.headers.get_list("cross-origin-resource-policy") == ["same-origin"]
        assert response.headers.get_list("cache-control") == ["no-store"]
        assert "strict-transport-security" not in response.headers


@pytest.fixture
def client() -> httpx.AsyncClient:
    app = create_app(Settings(), loader=halving_loader)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://limpid")


async def test_documentation_may_load_all_that_its_page_names(client: httpx.AsyncClient) -> None:
    response = await client.get("/docs")
    allowed = directives(response)
    assert allowed["default-src"] == allowed["frame-ancestors"] == ["'none'"]
    sources = {"script": "script-src", 'link type="text/css"': "style-src", 'link rel="shortcut icon"': "img-src"}
    for tag, directive in sources.items():
        assert re.search(rf'<{tag}[^>]*(src|href)="/static-offline-docs/', response.text)
        assert "'self'" in allowed[directive]
    assert re.search(r"<script>[^<]*SwaggerUIBundle\(", response.text)
    assert "'unsafe-inline'" in allowed["script-src"]
    assert "'self'" in allowed["connect-src"], "it fetches /openapi.json and tries requests"
    assert "blob:" in allowed["img-src"], "it shows answered pictures"
    style = (await client.get(ASSET)).text
    loaded = {each.strip("\"'").partition(":")[0] for each in re.findall(r"url\((.{6})", style)}
    assert loaded == {"data"}
    assert "data:" in allowed["img-src"]


@pytest.mark.parametrize("path", ["/docsx", "/doc", "//docs"])
async def test_other_paths_may_load_nothing(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(f"http://limpid{path}")
    assert response.headers["content-security-policy"] == STRICT


async def test_assets_of_the_documentation_may_be_kept(client: httpx.AsyncClient) -> None:
    response = await client.get(ASSET)
    assert "cache-control" not in response.headers
    assert response.headers["etag"]
