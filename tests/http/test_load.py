"""What the service does when there is too much, too slow, or nobody left to answer: nothing is lost, nothing stays."""

import asyncio
import gc
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import numpy as np
import pytest
from fastapi import FastAPI

from app import delivery
from app.admission import REQUEST_BYTES
from app.codecs.picture import Picture
from app.intake import Intake
from app.multipart import FormReader
from app.scheduler import LANES
from app.service import Service
from app.settings import Settings
from app.uploads import Upload
from models.denoising import Feed
from models.pixels import FloatImage
from tests.conftest import decoded, png
from tests.http.conftest import Connect, HalvingEngine, running
from tests.http.test_errors import assert_problem

SOON = 20.0
PICTURE = np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8)
FILE = png(PICTURE)


@dataclass
class Gate:
    """Engines that run only while it is open, each unit for `seconds`."""

    seconds: float = 0.0
    passed: int = 0
    open: threading.Event = field(default_factory=threading.Event)

    def loader(self, artifact: Any, _: Settings) -> HalvingEngine:
        gate = self

        class Gated(HalvingEngine):
            def run(self, feed: Feed) -> FloatImage:
                gate.passed += 1
                if not gate.open.wait(SOON):
                    raise TimeoutError("the test never opened the gate")
                time.sleep(gate.seconds)
                return super().run(feed)

        return Gated(artifact.card)


@pytest.fixture
def gate() -> Gate:
    return Gate()


@dataclass
class Running:
    app: FastAPI
    client: httpx.AsyncClient

    @property
    def service(self) -> Service:
        service: Service = self.app.state.service
        return service

    def post(self, query: str = "") -> "asyncio.Task[httpx.Response]":
        return asyncio.create_task(self.client.post(f"/denoise?sigma=5{query}", content=FILE))

    async def until(self, condition: Callable[[Service], bool]) -> None:
        async with asyncio.timeout(SOON):
            while not condition(self.service):  # noqa: ASYNC110  threads change it
                await asyncio.sleep(0.005)

    async def until_empty(self) -> None:
        """Wait until nothing is in flight any more, and check that nothing is left of it."""
        await self.until(lambda service: service.admission.requests == 0)
        admission = self.service.admission
        assert (self.service.scheduler.queued, admission.bytes, admission.pixels) == (0, 0, 0)

    async def works(self) -> None:
        response = await self.client.post("/denoise?sigma=5", content=FILE)
        assert response.status_code == 200
        assert np.abs(decoded(response.content).astype(int) - PICTURE / 2).max() <= 1


@asynccontextmanager
async def serving(gate: Gate, **settings: Any) -> AsyncIterator[Running]:
    async with running(Settings(models=("photo",), **settings), loader=gate.loader) as (app, client):
        yield Running(app, client)
        gate.open.set()


class Exchange:
    """One request spoken in ASGI, so that a client can be slow, stop reading, or hang up."""

    def __init__(self, chunks: Iterable[bytes], *, silent: bool = False, query: bytes = b"sigma=5") -> None:
        self.query = query
        self.sent: list[dict[str, Any]] = []
        self.hang_up = asyncio.Event()
        self.answered = asyncio.Event()
        self.reads = asyncio.Event()
        self.reads.set()
        self.consumed = 0
        self._chunks, self._silent = iter(chunks), silent

    async def __call__(self, app: FastAPI, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
            "path": "/denoise", "raw_path": b"/denoise", "query_string": self.query, "root_path": "",
            "headers": list(headers), "client": ("127.0.0.1", 1), "server": ("limpid", 80), "state": {},
        }  # fmt: skip
        await app(scope, self._receive, self._send)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    async def _receive(self) -> dict[str, Any]:
        for chunk in self._chunks:
            self.consumed += 1
            return {"type": "http.request", "body": chunk, "more_body": True}
        if self._silent:
            await self.hang_up.wait()
        elif self.consumed >= 0:
            self.consumed, self._silent = -1, True
            return {"type": "http.request", "body": b"", "more_body": False}
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        self.answered.set()
        await self.reads.wait()
        self.sent.append(message)


async def test_deadline_drops_what_is_left_of_the_work(gate: Gate) -> None:
    async with serving(gate, deadline_s=0.3, tile=256) as service:
        response = await service.post()
        body = assert_problem(response, 504, "deadline_exceeded", "0 s")
        assert body["limit"] == 0.3
        await service.until_empty()
        assert gate.passed <= LANES
        gate.open.set()
        await service.works()


async def test_deadline_grows_with_the_picture_unless_it_is_set() -> None:
    from app.deadline import seconds_for

    assert seconds_for(10_000_000, None) == 50
    assert seconds_for(10_000_000, 7.5) == seconds_for(10_000_000, 7.5, 140.0) == 7.5
    assert seconds_for(10_000_000, None, 140.0) == 70
    assert seconds_for(10_000_000, None, 7.0) == 50


async def test_clients_that_hang_up_leave_nothing_behind(gate: Gate) -> None:
    async with serving(gate, tile=256) as service:
        exchanges = [Exchange([FILE]) for _ in range(100)]
        tasks = [asyncio.create_task(exchange(service.app)) for exchange in exchanges]
        await service.until(lambda each: each.scheduler.queued >= 100)
        for exchange in exchanges:
            exchange.hang_up.set()
        await asyncio.wait_for(asyncio.gather(*tasks), SOON)
        await service.until_empty()
        assert gate.passed <= LANES
        gate.open.set()
        await service.works()


async def test_client_that_hangs_up_while_it_sends(gate: Gate) -> None:
    gate.open.set()
    async with serving(gate) as service:
        exchange = Exchange([FILE[:1000]], silent=True)
        task = asyncio.create_task(exchange(service.app))
        await service.until(lambda each: each.admission.requests == 1)
        exchange.hang_up.set()
        await asyncio.wait_for(task, SOON)
        await service.until_empty()
        await service.works()


async def test_body_that_does_not_arrive_in_time(gate: Gate) -> None:
    async with serving(gate, upload_timeout_s=0.2) as service:
        exchange = Exchange([FILE[:1000]], silent=True)
        await asyncio.wait_for(exchange(service.app), SOON)
        assert exchange.status == 408
        assert b"request_timeout" in exchange.sent[1]["body"]
        assert (b"connection", b"close") in exchange.sent[0]["headers"]
        await service.until_empty()


async def test_body_over_the_limit_is_not_read_to_its_end(gate: Gate) -> None:
    async with serving(gate, max_body_bytes=100_000) as service:
        exchange = Exchange([bytes(10_000)] * 1000)
        await asyncio.wait_for(exchange(service.app), SOON)
        assert exchange.status == 413
        assert exchange.consumed <= 11
        await service.until_empty()


async def test_declared_body_over_the_limit_is_not_read_at_all(gate: Gate) -> None:
    async with serving(gate, max_body_bytes=100_000) as service:
        exchange = Exchange([bytes(10_000)] * 1000)
        await asyncio.wait_for(exchange(service.app, [(b"content-length", b"100001")]), SOON)
        assert (exchange.status, exchange.consumed) == (413, 0)


async def refused(response: httpx.Response, part: str) -> None:
    body = assert_problem(response, 429, "overloaded", part)
    assert 1 <= int(response.headers["retry-after"]) <= 600
    assert float(str(body["value"])) > float(str(body["limit"]))


async def test_budget_of_bytes(gate: Gate) -> None:
    async with serving(gate, budget_bytes=len(FILE) + 2 * REQUEST_BYTES) as service:
        held = []
        for number in (1, 2):
            held.append(service.post())
            await service.until(lambda _, number=number: gate.passed == number)
        third = Exchange([], silent=True)
        task = asyncio.create_task(third(service.app, [(b"content-length", str(len(FILE)).encode())]))
        await service.until(lambda each: each.admission.requests == 3 or bool(third.sent))
        await refused(await service.post(), "bytes")
        third.hang_up.set()
        gate.open.set()
        assert [(await each).status_code for each in held] == [200, 200]
        await task
        await service.until_empty()
        await service.works()


async def test_budget_of_bytes_without_a_declared_length(gate: Gate) -> None:
    async with serving(gate, budget_bytes=REQUEST_BYTES + 100_000) as service:
        held = service.post()
        await service.until(lambda _: gate.passed == 1)
        exchange = Exchange([bytes(10_000)] * 1000)
        await asyncio.wait_for(exchange(service.app), SOON)
        assert exchange.status == 429
        assert exchange.consumed <= 11
        gate.open.set()
        assert (await held).status_code == 200
        await service.until_empty()


async def test_request_that_is_alone_always_fits(gate: Gate) -> None:
    gate.open.set()
    async with serving(gate, budget_bytes=1, budget_pixels=1, deadline_s=10, wait_share=1e-9) as service:
        for _ in range(3):
            await service.works()


async def test_budget_of_pixels(gate: Gate) -> None:
    async with serving(gate, budget_pixels=2 * 300 * 400) as service:
        held = [service.post() for _ in range(2)]
        await service.until(lambda each: each.admission.pixels == 2 * 300 * 400)
        await refused(await service.post(), "pixels")
        gate.open.set()
        assert [(await each).status_code for each in held] == [200, 200]
        await service.until_empty()


async def test_queue_that_is_too_long(gate: Gate) -> None:
    """At half a second a picture and in two lanes, a second of waiting is reached by the sixth at the latest."""
    gate.seconds = 0.5
    gate.open.set()
    async with serving(gate, deadline_s=10, wait_share=0.1) as service:
        await service.works()
        responses = await asyncio.gather(*(service.post() for _ in range(12)))
        accepted = [response for response in responses if response.status_code == 200]
        assert 2 <= len(accepted) <= 6
        for response in responses:
            if response.status_code != 200:
                await refused(response, "queue")
        await service.until_empty()
        await service.works()


async def test_small_picture_is_let_in_beside_a_large_one(gate: Gate) -> None:
    """What counts is how long it would wait, and in turns that is not long."""
    gate.seconds = 0.1
    gate.open.set()
    async with serving(gate, deadline_s=10, wait_share=0.02, tile=256) as service:
        await service.works()
        large = service.post()
        await service.until(lambda each: each.scheduler.queued > 1)
        small = await service.client.post("/denoise?sigma=5", content=png(PICTURE[:30, :30]))
        assert small.status_code == 200
        assert not large.done()
        assert (await large).status_code == 200


async def test_answer_counts_until_it_is_read(gate: Gate) -> None:
    gate.open.set()
    async with serving(gate) as service:
        exchange = Exchange([FILE])
        exchange.reads.clear()
        task = asyncio.create_task(exchange(service.app))
        await asyncio.wait_for(exchange.answered.wait(), SOON)
        assert service.service.admission.bytes > REQUEST_BYTES + len(FILE) / 2
        assert (service.service.admission.requests, service.service.admission.pixels) == (1, 0)
        exchange.reads.set()
        await asyncio.wait_for(task, SOON)
        await service.until_empty()
        assert exchange.status == 200


async def test_nobody_waits_for_work_that_was_not_needed(gate: Gate) -> None:
    """Admission counts on a network's work; with nothing to remove, the answer may still be on its way for long."""
    gate.open.set()
    async with serving(gate) as service:
        await service.works()
        exchange = Exchange([FILE], query=b"strength=0")
        exchange.reads.clear()
        task = asyncio.create_task(exchange(service.app))
        await asyncio.wait_for(exchange.answered.wait(), SOON)
        assert service.service.admission.requests == 1
        assert service.service.admission.wait_s == 0
        exchange.reads.set()
        await asyncio.wait_for(task, SOON)


async def test_client_that_stops_reading_is_given_up(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "STALL_S", 0.1)
    monkeypatch.setattr(delivery, "PIECE_BYTES", 1000)
    gate.open.set()

    class StopsReading(Exchange):
        async def _send(self, message: Any) -> None:
            await super()._send(message)
            if len(self.sent) == 3:
                self.reads.clear()

    async with serving(gate) as service:
        exchange = StopsReading([FILE])
        await asyncio.wait_for(exchange(service.app), SOON)
        assert len(exchange.sent) == 3
        assert exchange.sent[-1]["more_body"]
        await service.until_empty()


@pytest.mark.parametrize("piece", [1000, 10**6])
async def test_client_that_reads_nothing_is_given_up(gate: Gate, monkeypatch: pytest.MonkeyPatch, piece: int) -> None:
    """As one that sent many requests on its connection, and has read no answer yet."""
    monkeypatch.setattr(delivery, "STALL_S", 0.1)
    monkeypatch.setattr(delivery, "PIECE_BYTES", piece)
    gate.open.set()
    async with serving(gate) as service:
        exchange = Exchange([FILE])
        exchange.reads.clear()
        await asyncio.wait_for(exchange(service.app), SOON)
        assert exchange.sent == []
        await service.until_empty()


async def test_large_answer_arrives_whole(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "PIECE_BYTES", 1000)
    gate.open.set()
    async with serving(gate) as service:
        await service.works()


async def test_cancelled_codec_keeps_its_budget_until_its_thread_is_done(gate: Gate) -> None:
    async with serving(gate, deadline_s=0.2) as service:
        started, go_on = threading.Event(), threading.Event()

        def slow_decode() -> None:
            started.set()
            go_on.wait(SOON)

        claim = service.service.admission.claim(None)
        waiting = asyncio.create_task(_run(service.service, claim, slow_decode))
        await service.until(lambda _: started.is_set())
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        claim.release()
        await asyncio.sleep(0.05)
        assert service.service.admission.bytes == REQUEST_BYTES
        go_on.set()
        await service.until_empty()


def _run(service: Service, claim: Any, work: Callable[[], None]) -> Awaitable[None]:
    from app.timings import Timings

    return service.workers.run(claim, Timings(), "decode", 1, work)


async def test_first_rush_is_measured_by_the_engines_trial(gate: Gate) -> None:
    """Before any request, a hundred pictures of a second each are known to be too many."""

    def loader(artifact: Any, settings: Settings) -> HalvingEngine:
        engine = gate.loader(artifact, settings)
        engine.trial = (engine.cost((320, 448)), 1.0)
        return engine

    async with running(Settings(models=("photo",)), loader=loader) as (app, client):
        service = Running(app, client)
        posts = [service.post() for _ in range(100)]
        await service.until(lambda _: sum(post.done() for post in posts) >= 80)
        gate.open.set()
        statuses = [(await post).status_code for post in posts]
        assert 5 <= statuses.count(200) <= 15
        assert statuses.count(429) == 100 - statuses.count(200)


async def test_uploads_are_let_go_without_a_garbage_collection(connect: Connect) -> None:
    """Collections are rare: what waited for one was hundreds of megabytes of uploads."""
    gc.disable()
    try:
        async with connect() as client:
            for path, status in (("/denoise", 200), ("/encode", 200), ("/denoise?sigma=loud", 422)):
                for sent in ({"files": {"file": FILE}}, {"content": FILE}):
                    assert (await client.post(path, **sent)).status_code == status
            assert (await client.post("/denoise", files={"file": FILE[:-100]})).status_code == 422
            assert (await client.post("/denoise", files={"picture": FILE})).status_code == 400
        left = [each for each in gc.get_objects() if isinstance(each, FormReader | Upload | Picture | Intake)]
    finally:
        gc.enable()
    assert left == []
