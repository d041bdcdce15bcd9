"""GET /models, GET /health/…"""

import json

import httpx
import pytest

from app.settings import Settings
from models.processor import has_bfloat16
from models.store import BUNDLED, newest, verify

NAMES = Settings().models


async def test_cards_of_all_models(client: httpx.AsyncClient) -> None:
    cards = (await client.get("/models")).json()["models"]
    assert [card["name"] for card in cards] == list(NAMES)
    for card in cards:
        on_disk = json.loads(verify(newest(BUNDLED, card["name"])).card.model_dump_json())
        precision = "bfloat16" if card["task"] == "denoise" and has_bfloat16() else "float32"
        # Graphs of their own: an encoder, an estimator, and the float32 that 16-bit pictures need beside bfloat16.
        networks = (1 + len(card["experts"])) * (1 + (precision == "bfloat16"))
        traces = networks + sum([card["task"] == "autoencode", card["estimator"] is not None])
        assert card == on_disk | {"device": "cpu", "device_name": None, "precision": precision, "traces": traces}
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
