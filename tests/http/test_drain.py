"""The end of the service over real sockets: uvicorn in this process, and engines that only halve pixels."""

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx
import numpy as np
import pytest
import uvicorn

from app.main import create_app
from app.server import Server
from app.settings import Settings
from models.denoising import Feed
from models.pixels import FloatImage
from models.store import Artifact
from tests.conftest import decoded, png
from tests.http.conftest import HalvingEngine, until_ready

pytestmark = pytest.mark.anyio

PICTURE = png(np.full((8, 8, 3), 200, np.uint8))


class Held(HalvingEngine):
    """An engine that runs only once `released` is set."""

    released = threading.Event()

    def run(self, feed: Feed) -> FloatImage:
        self.released.wait(30)
        return super().run(feed)


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


class Running:
    """A server, a client of it, and the end of it."""

    def __init__(self, server: Server, client: httpx.AsyncClient, ended: "asyncio.Task[None]") -> None:
        self.server, self.client, self.ended = server, client, ended

    @property
    def port(self) -> int:
        return int(self.server.servers[0].sockets[0].getsockname()[1])

    def signal(self) -> None:
        self.server.handle_exit(signal.SIGTERM, None)

    async def in_flight(self, count: int) -> None:
        await until(lambda: self.server._service.admission.requests == count)

    def post(self, sigma: int = 10) -> "asyncio.Task[httpx.Response]":
        return asyncio.create_task(self.client.post("/denoise", params={"sigma": sigma}, content=PICTURE))


Serve = Callable[..., AbstractAsyncContextManager[Running]]


@pytest.fixture
def serve() -> Serve:
    """Serve on a free port: `serve(drain_delay_s=1)`; pictures are held until `Held.released` is set."""
    Held.released.clear()

    @asynccontextmanager
    async def _serve(**settings: object) -> AsyncIterator[Running]:
        app = create_app(
            Settings(models=("photo",), **settings), loader=lambda artifact, _: Held(artifact.card), on_failure=str
        )
        server = Server(
            uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, access_log=False), app.state.service
        )
        ended = asyncio.create_task(server.serve())
        await until(lambda: server.started)
        running = Running(server, httpx.AsyncClient(timeout=30), ended)
        running.client.base_url = f"http://127.0.0.1:{running.port}"
        try:
            async with running.client:
                await until_ready(running.client)
                yield running
        finally:
            Held.released.set()
            running.signal()
            await ended

    return _serve


async def test_16_pictures_in_flight_are_finished_and_new_ones_refused(serve: Serve) -> None:
    async with serve() as running:
        accepted = [running.post() for _ in range(16)]
        await running.in_flight(16)
        running.signal()
        ready = await running.client.get("/health/ready")
        refused = await running.post()
        live = await running.client.get("/health/live")
        Held.released.set()
        answers = await asyncio.gather(*accepted)
        await asyncio.wait_for(running.ended, 5)
    assert live.status_code == 200
    for response in (ready, refused):
        assert (response.status_code, response.json()["code"]) == (503, "not_ready")
        assert response.headers["Retry-After"] == "5"
    for response in (ready, refused, live, *answers):
        assert response.headers["Connection"] == "close"
    assert [answer.status_code for answer in answers] == [200] * 16
    assert decoded(answers[0].content).mean() == 100


async def test_an_upload_that_is_still_arriving_is_finished(serve: Serve) -> None:
    Held.released.set()
    async with serve() as running:
        arrived = asyncio.Event()

        async def slowly() -> AsyncIterator[bytes]:
            yield PICTURE[:20]
            await arrived.wait()
            yield PICTURE[20:]

        answer = asyncio.create_task(running.client.post("/denoise?sigma=10", content=slowly()))
        await running.in_flight(1)
        running.signal()
        await asyncio.sleep(0.3)
        assert not running.ended.done()
        arrived.set()
        assert (await answer).status_code == 200
        await asyncio.wait_for(running.ended, 5)


async def test_a_large_upload_that_is_refused_gets_its_answer_and_no_reset(serve: Serve) -> None:
    async with serve() as running:
        held = running.post()
        await running.in_flight(1)
        running.signal()
        reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
        length = 8 * 2**20
        writer.write(f"POST /denoise HTTP/1.1\r\nHost: limpid\r\nContent-Length: {length}\r\n\r\n".encode())
        await writer.drain()
        await asyncio.sleep(0.2)
        writer.write(bytes(length))
        await writer.drain()
        answer = await reader.read()
        writer.close()
        assert answer.startswith(b"HTTP/1.1 503")
        assert b'"code":"not_ready"' in answer
        Held.released.set()
        assert (await held).status_code == 200


async def test_pictures_are_taken_during_the_delay(serve: Serve) -> None:
    Held.released.set()
    async with serve(drain_delay_s=600) as running:
        running.signal()
        assert (await running.client.get("/health/ready")).status_code == 503
        assert (await running.post()).status_code == 200
        assert not running.ended.done()


async def test_what_is_not_done_in_time_is_given_up(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    async with serve(drain_timeout_s=0.3) as running:
        late = [running.post(), running.post()]
        await running.in_flight(2)
        running.signal()
        answers = await asyncio.gather(*late)
        Held.released.set()
        await asyncio.wait_for(running.ended, 10)
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(503, "not_ready")] * 2
    assert "2 requests are not done" in caplog.text
    assert "Traceback" not in caplog.text


async def test_a_second_signal_does_not_wait(serve: Serve) -> None:
    async with serve(drain_delay_s=600, drain_timeout_s=600) as running:
        late = running.post()
        await running.in_flight(1)
        running.signal()
        running.signal()
        assert (await late).status_code == 503
        Held.released.set()
        await asyncio.wait_for(running.ended, 10)


async def test_a_service_that_loads_ends_without_waiting_for_it() -> None:
    held = threading.Event()

    def load(artifact: Artifact, _: Settings) -> HalvingEngine:
        held.wait(30)
        return HalvingEngine(artifact.card)

    app = create_app(Settings(models=("photo",), drain_delay_s=600), loader=load, on_failure=str)
    server = Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None), app.state.service)
    ended = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    server.handle_exit(signal.SIGTERM, None)
    await asyncio.wait_for(ended, 5)
    held.set()
