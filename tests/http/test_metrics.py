"""GET /metrics: readable by Prometheus, true to what was sent, bounded whatever is sent, and documented."""

import asyncio
import re
import threading
from pathlib import Path

import httpx
import numpy as np
import pytest
import yaml
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families

from app.errors import LimpidError
from app.registry import Engine
from app.settings import Settings
from models.denoising import Feed
from models.pixels import FloatImage
from models.store import Artifact
from tests.conftest import encoded, png
from tests.http.conftest import Connect, HalvingEngine, connected

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "observability.md"
ROW = re.compile(r"^\| `(limpid_\w+)` \| (\w+) \| ([^|]*) \| ([^|]*) \|$", re.MULTILINE)
PIXELS = np.full((20, 30, 3), 90, np.uint8)
SMALL = png(PIXELS)

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


async def families(client: httpx.AsyncClient) -> list[Metric]:
    response = await client.get("/metrics")
    assert response.status_code == 200
    return list(text_string_to_metric_families(response.text))


async def samples(client: httpx.AsyncClient) -> Samples:
    """Return the value of every sample by its name and labels."""
    found = [each for family in await families(client) for each in family.samples]
    values = {(each.name, frozenset(each.labels.items())): each.value for each in found}
    assert len(values) == len(found), "no sample is there twice"
    return values


def value(values: Samples, name: str, /, **labels: str) -> float:
    return values.get((f"limpid_{name}", frozenset(labels.items())), 0.0)


class WaitingEngine(HalvingEngine):
    """Runs when `may_run` is set; `runs` is set as soon as it has been asked to."""

    def __init__(self, artifact: Artifact) -> None:
        super().__init__(artifact.card)
        self.runs, self.may_run = threading.Event(), threading.Event()

    def run(self, feed: Feed) -> FloatImage:
        self.runs.set()
        self.may_run.wait(30)
        return super().run(feed)


async def test_answer_is_prometheus_text(connect: Connect) -> None:
    async with connect() as client:
        response = await client.get("/metrics")
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    names = {family.name for family in text_string_to_metric_families(response.text)}
    assert {"limpid_requests", "limpid_ready", "process_resident_memory_bytes", "python_gc_collections"} <= names


@pytest.mark.parametrize("version", ["1.0.0", "0.0.1", "x"])
async def test_answer_is_openmetrics_for_who_accepts_that(connect: Connect, version: str) -> None:
    accept = f"application/openmetrics-text;version={version};q=0.5,text/plain;q=0.2,*/*;q=0.1"
    async with connect() as client:
        await client.post("/denoise?sigma=5", content=SMALL)
        response = await client.get("/metrics", headers={"Accept": accept})
    assert response.headers["content-type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert "limpid_requests" in {family.name for family in openmetrics_families(response.text)}


async def test_requests_are_counted_by_endpoint_method_and_status(connect: Connect) -> None:
    async with connect() as client:
        answers = [await client.post("/denoise?sigma=5", content=SMALL) for _ in range(3)]
        await client.post("/denoise", content=b"no picture")
        await client.get("/models/photo")
        await client.head("/models")
        values = await samples(client)
    denoise = {"endpoint": "/denoise", "method": "POST"}
    assert value(values, "requests_total", **denoise, status="200") == 3
    assert value(values, "requests_total", **denoise, status="415") == 1
    assert value(values, "requests_total", endpoint="/models/{name}", method="GET", status="200") == 1
    assert value(values, "requests_total", endpoint="/models", method="HEAD", status="200") == 1
    assert value(values, "request_duration_seconds_count", endpoint="/denoise") == 4
    assert value(values, "request_body_bytes_total", endpoint="/denoise") == 3 * len(SMALL) + len(b"no picture")
    sent = sum(len(answer.content) for answer in answers)
    assert sent < value(values, "response_body_bytes_total", endpoint="/denoise") < sent + 1000, "and the problem"


async def test_refusals_are_counted_by_their_code(connect: Connect) -> None:
    async with connect() as client:
        before = await samples(client)
        await client.post("/denoise", content=b"")
        await client.post("/denoise?sigma=loud", content=SMALL)
        await client.get("/nowhere")
        await client.delete("/models")
        after = await samples(client)
    codes = {kind.code for kind in LimpidError.__subclasses__()}
    told = {code: value(after, "refusals_total", code=code) for code in codes}
    assert all(("limpid_refusals_total", frozenset({("code", code)})) in before for code in codes), (
        "each from the start"
    )
    assert {code for code, count in told.items() if count} == {
        "no_image",
        "invalid_parameter",
        "not_found",
        "method_not_allowed",
    }


async def test_stages_batches_and_pixels_are_those_of_the_work(connect: Connect) -> None:
    async with connect() as client:
        reference = (await client.get("/models/photo")).json()
        for _ in range(2):
            await client.post("/denoise?sigma=5", content=SMALL)
        await client.post("/denoise?sigma=0", content=SMALL)
        await client.post("/denoise", content=b"no picture")
        values = await samples(client)
    model = f"{reference['name']}@{reference['version']}"
    for stage, count in {"decode": 3, "queue": 2, "infer": 2, "encode": 3}.items():
        assert value(values, "stage_duration_seconds_count", endpoint="/denoise", stage=stage) == count
    assert value(values, "batch_units_count", model=model, function="run") == 2
    assert value(values, "batch_units_sum", model=model, function="run") == 2
    assert value(values, "batch_units_bucket", model=model, function="run", le="1.0") == 2
    assert value(values, "pixels_total", model=model) == 3 * 20 * 30


async def test_what_is_in_flight_shows_and_goes() -> None:
    engines: list[WaitingEngine] = []

    def loader(artifact: Artifact, _: Settings) -> Engine:
        engines.append(WaitingEngine(artifact))
        return engines[-1]

    async with connected(Settings(models=("photo",)), loader=loader) as client:
        sending = asyncio.create_task(client.post("/denoise?sigma=5", content=SMALL))
        assert await asyncio.to_thread(engines[0].runs.wait, 30)
        during = await samples(client)
        engines[0].may_run.set()
        assert (await sending).status_code == 200
        after = await samples(client)
    assert value(during, "requests_in_progress", endpoint="/denoise") == 1
    assert value(during, "admitted_requests") == 1
    assert value(during, "budget_used_bytes") >= len(SMALL)
    assert value(during, "budget_used_pixels") == 20 * 30
    assert value(during, "budget_limit_pixels") == Settings().pixels_in_flight
    assert value(during, "budget_limit_bytes") == Settings().bytes_in_flight
    gone = ("admitted_requests", "budget_used_bytes", "budget_used_pixels", "queue_units", "queue_wait_seconds")
    assert [value(after, name) for name in gone] == [0] * len(gone)
    assert value(after, "requests_in_progress", endpoint="/denoise") == 0


async def test_models_are_those_that_are_served(connect: Connect) -> None:
    async with connect() as client:
        cards = (await client.get("/models")).json()["models"]
        values = await samples(client)
    for card in cards:
        about = {name: card[name] for name in ("name", "version", "task", "device", "precision")}
        model = f"{card['name']}@{card['version']}"
        assert value(values, "model_info", model=model, sha256=card["sha256"][:12], **about) == 1
        assert ("limpid_model_traces", frozenset({("model", model)})) in values
    assert value(values, "ready") == 1


async def test_processes_that_decode_are_counted(connect: Connect) -> None:
    async with connect() as client:
        answer = await client.post("/denoise?sigma=5", content=encoded(PIXELS, "WEBP"))
        values = await samples(client)
    assert answer.status_code == 200
    assert value(values, "codec_processes") >= 1
    reasons = {dict(labels)["reason"] for name, labels in values if name == "limpid_codec_processes_ended_total"}
    assert reasons == {"cancelled", "crashed", "recycled", "stopped", "timeout"}


async def test_strange_paths_and_methods_make_no_new_series(connect: Connect) -> None:
    async with connect() as client:
        await client.get("/nowhere")
        await client.request("BREW", "/nowhere")
        await client.get("/models/unknown")
        await client.get("/metrics")
        before = set(await samples(client))
        for number in range(50):
            await client.get(f"/nowhere/{number}")
            await client.request(f"BREW{number}", f"/pot{number}", headers={"X-Request-ID": f"id{number}"})
            await client.get(f"/models/unknown{number}?key={number}")
        values = await samples(client)
    assert set(values) == before
    assert value(values, "requests_total", endpoint="other", method="OTHER", status="404") == 51
    assert value(values, "requests_total", endpoint="/models/{name}", method="GET", status="404") == 51


async def test_applications_count_by_themselves(connect: Connect) -> None:
    async with connect() as first, connect() as second:
        await first.get("/nowhere")
        values = await samples(second)
    assert value(values, "refusals_total", code="not_found") == 0


async def test_document_lists_every_metric(connect: Connect) -> None:
    async with connect() as client:
        await client.post("/denoise?sigma=5", content=SMALL)
        found = [family for family in await families(client) if family.name.startswith("limpid_")]
    rows = {name: (kind, labels, text) for name, kind, labels, text in ROW.findall(DOCUMENT.read_text())}
    assert rows == {_shown(family): (family.type, _labels(family), family.documentation) for family in found}


def test_examples_are_yaml_and_ask_for_metrics_that_there_are() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    scraping, alerts = (yaml.safe_load(block) for block in blocks)
    assert scraping["scrape_configs"]
    rules = alerts["groups"][0]["rules"]
    assert len(rules) >= 5
    asked = {name.removesuffix("_bucket") for rule in rules for name in re.findall(r"limpid_\w+", rule["expr"])}
    assert asked <= {name for name, *_ in ROW.findall(DOCUMENT.read_text())}


def _shown(family: Metric) -> str:
    return f"{family.name}_total" if family.type == "counter" else family.name


def _labels(family: Metric) -> str:
    names = sorted({name for each in family.samples for name in each.labels} - {"le"})
    return ", ".join(f"`{name}`" for name in names)


@pytest.mark.parametrize(
    "accept", ["*/*", "text/html", "application/json", "", "text/plain;version=x", "text/plain;version=1.0.0"]
)
async def test_any_accept_header_gets_text(connect: Connect, accept: str) -> None:
    async with connect() as client:
        response = await client.get("/metrics", headers={"Accept": accept})
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
