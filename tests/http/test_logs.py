"""The lines that requests leave: one each, with the request's id, and nothing of what clients sent."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from app.logs import logging_config
from app.registry import Engine
from app.settings import Settings
from models.denoising import Feed
from models.pixels import FloatImage
from models.store import Artifact
from tests.conftest import png
from tests.http.conftest import Connect, HalvingEngine, connected, running

SMALL = png(np.full((20, 30, 3), 90, np.uint8))


class Lines:
    """What has been logged since the test began."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    def parsed(self, logger: str = "app.access_log") -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.text.splitlines()]
        return [line for line in lines if line["logger"] == logger]


@contextmanager
def logged(**settings: str) -> Iterator[Lines]:
    """Log as a process with those settings does, but into memory."""
    config = logging_config(Settings(**settings))
    formatter, app, lines = config["formatters"]["line"], logging.getLogger("app"), Lines()
    handler = logging.StreamHandler(lines.stream)
    handler.setFormatter(formatter.pop("()")(**formatter))
    before = app.level
    app.addHandler(handler)
    app.setLevel(config["loggers"]["app"]["level"])
    try:
        yield lines
    finally:
        app.setLevel(before)
        app.removeHandler(handler)


@pytest.fixture
def lines() -> Iterator[Lines]:
    with logged(log_format="json") as found:
        yield found


class FailingEngine(HalvingEngine):
    """Has a bug, which quotes what it was given."""

    def run(self, feed: Feed) -> FloatImage:
        raise ValueError(f"unexpected\n{feed['image']}")


def failing_loader(artifact: Artifact, _: Settings) -> Engine:
    return FailingEngine(artifact.card)


async def test_request_is_one_line(connect: Connect, lines: Lines) -> None:
    async with connect() as client:
        answer = await client.post("/denoise?sigma=5", content=SMALL, headers={"X-Request-ID": "mine"})
    (line,) = lines.parsed()
    assert line.pop("timestamp").endswith("Z")
    assert 0 < line.pop("duration_ms") < 60_000
    assert line == {
        "level": "info",
        "logger": "app.access_log",
        "event": "request",
        "request_id": "mine",
        "method": "POST",
        "path": "/denoise",
        "status": 200,
        "bytes_in": len(SMALL),
        "bytes_out": len(answer.content),
        "model": answer.headers["x-model"].partition(";")[0],
        "client": "127.0.0.1",
    }


async def test_refused_request_says_its_code(connect: Connect, lines: Lines) -> None:
    async with connect() as client:
        problem = (await client.post("/denoise", content=b"no picture")).json()
    (line,) = lines.parsed()
    assert (line["status"], line["code"]) == (415, "unsupported_image")
    assert line["request_id"] == problem["request_id"]
    assert "model" not in line


async def test_lines_hold_nothing_of_what_was_sent(connect: Connect) -> None:
    headers = {"X-API-Key": "hush-key", "Authorization": "Bearer hush-token", "Cookie": "hush-cookie"}
    with logged(log_format="json", log_level="debug") as lines:
        async with connect() as client:
            files = {"file": ("hush-name.png", SMALL)}
            await client.post("/denoise?sigma=5", files=files, headers=headers)
            await client.post("/denoise?sigma=hush-query", files=files)
            await client.post("/denoise", content=b"hush-content", headers=headers)
    assert len(lines.parsed()) >= 3
    assert "hush" not in lines.text


async def test_path_is_escaped_and_cut(connect: Connect, lines: Lines) -> None:
    async with connect() as client:
        await client.get("/%0aFAKE%20line%1b[31m")
        await client.get("/" + "x" * 5000)
        await client.get("/%C3%BC" * 500)
    paths = [line["path"] for line in lines.parsed()]
    assert paths[0] == "/%0AFAKE%20line%1B%5B31m"
    assert paths[1] == "/" + "x" * 199
    assert len(paths[2]) == 200
    assert all(path.isascii() for path in paths)


async def test_method_that_there_is_not_is_not_quoted(connect: Connect, lines: Lines) -> None:
    async with connect() as client:
        await client.request("FORGED", "/denoise")
    assert lines.parsed()[0]["method"] == "OTHER"
    assert "FORGED" not in lines.text


@pytest.mark.parametrize(("level", "shown"), [("debug", True), ("info", False)])
async def test_probes_are_for_debugging(connect: Connect, level: str, shown: bool) -> None:
    with logged(log_format="json", log_level=level) as lines:
        async with connect() as client:
            for path in ("/health/live", "/health/ready", "/metrics"):
                await client.get(path)
    asked = {line["path"] for line in lines.parsed()}
    assert asked == ({"/health/live", "/health/ready", "/metrics"} if shown else set())


async def test_level_is_the_least_that_is_shown(connect: Connect) -> None:
    with logged(log_level="warning") as lines:
        async with connect() as client:
            await client.get("/nowhere")
    assert lines.text == ""


async def test_client_that_hung_up_is_499() -> None:
    """Before its body was there, and while its picture was worked on: either way nobody was refused anything."""
    whole = {"type": "http.request", "body": SMALL, "more_body": False}
    half = {"type": "http.request", "body": SMALL[:9], "more_body": True}
    for pieces in ([half], [whole]):
        with logged(log_format="json") as lines:
            async with running(Settings(), loader=lambda artifact, _: HalvingEngine(artifact.card)) as (app, client):
                await app(scope(), messages([*pieces, {"type": "http.disconnect"}]), ignore)
                told = (await client.get("/metrics")).text
        (line,) = lines.parsed()
        assert (line["status"], line["bytes_in"]) == (499, len(pieces[0]["body"]))
        assert "code" not in line
        assert 'limpid_requests_total{endpoint="/denoise",method="POST",status="499"} 1.0' in told
        assert 'limpid_refusals_total{code="malformed_request"} 0.0' in told


def scope() -> dict[str, Any]:
    path = {"path": "/denoise", "raw_path": b"/denoise", "query_string": b"sigma=5", "root_path": ""}
    return {"type": "http", "method": "POST", "headers": [], "client": ("127.0.0.1", 5), "http_version": "1.1", **path}


def messages(pieces: list[dict[str, Any]]) -> Callable[[], Any]:
    left = iter(pieces)

    async def receive() -> dict[str, Any]:
        return next(left)

    return receive


async def ignore(_: dict[str, Any]) -> None:
    """Stand for a connection that nobody reads."""


async def test_bug_is_logged_with_the_id_that_its_client_has(lines: Lines) -> None:
    async with connected(Settings(models=("photo",)), loader=failing_loader) as client:
        problem = (await client.post("/denoise?sigma=5", content=SMALL)).json()
    (line,) = lines.parsed("app.problems")
    assert line["level"] == "error"
    assert line["request_id"] == problem["request_id"]
    assert line["event"] == "a bug: ValueError; the traceback follows"
    assert lines.parsed()[0]["status"] == 500


async def test_text_is_a_line_of_names_and_values(connect: Connect) -> None:
    with logged(log_format="text") as lines:
        async with connect() as client:
            await client.get("/models", headers={"X-Request-ID": "mine"})
    (line,) = [each for each in lines.text.splitlines() if "access_log" in each]
    assert " INFO app.access_log: request method=GET path=/models status=200 duration_ms=" in line
    assert line.endswith("client=127.0.0.1 request_id=mine")
