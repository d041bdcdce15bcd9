"""GET /models, GET /health/…, the OpenAPI document."""

import json
import re

import httpx
import pytest

from models.processor import has_bfloat16
from models.store import BUNDLED, newest, verify
from tests.http.conftest import Connect

NAMES = ("photo", "digits-denoise", "digits-ae")


async def test_cards_of_all_models(client: httpx.AsyncClient) -> None:
    cards = (await client.get("/models")).json()["models"]
    assert [card["name"] for card in cards] == list(NAMES)
    for card in cards:
        on_disk = json.loads(verify(newest(BUNDLED, card["name"])).card.model_dump_json())
        precision = "bfloat16" if card["task"] == "denoise" and has_bfloat16() else "float32"
        traces = 2 if card["task"] == "autoencode" else 1
        assert card == on_disk | {"device": "cpu", "precision": precision, "traces": traces}
        assert card["figures"], "a card without figures says nothing"


@pytest.mark.parametrize("name", NAMES)
async def test_one_card_by_name_and_version(client: httpx.AsyncClient, name: str) -> None:
    card = (await client.get(f"/models/{name}")).json()
    pinned = (await client.get(f"/models/{name}@{card['version']}")).json()
    assert card == pinned
    assert card["name"] == name


async def test_ready_means_loaded(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health/live")).json() == {"status": "live"}
    assert (await client.get("/health/ready")).json() == {"status": "ready"}


async def test_document_declares_both_bodies_and_every_error(connect: Connect) -> None:
    async with connect() as client:
        document = (await client.get("/openapi.json")).json()
    for path in ("/denoise", "/reconstruct", "/encode"):
        operation = document["paths"][path]["post"]
        assert {"multipart/form-data", "image/png", "image/jpeg"} <= operation["requestBody"]["content"].keys()
        form = operation["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]
        query = {parameter["name"] for parameter in operation["parameters"]}
        assert form.keys() == query | {"file"}
        assert {"200", "400", "404", "406", "413", "415", "422", "500", "503"} <= operation["responses"].keys()
        for status, response in operation["responses"].items():
            assert status == "200" or list(response["content"]) == ["application/problem+json"]
    assert "Problem" in document["components"]["schemas"]


async def test_documentation_page_needs_no_other_server(connect: Connect) -> None:
    async with connect() as client:
        page = (await client.get("/docs")).text
        sources = re.findall(r'(?:src|href)="([^"]+)"', page)
        assert sources
        for source in sources:
            assert source.startswith("/")
            assert (await client.get(source)).status_code == 200
