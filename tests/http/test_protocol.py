"""What is no HTTP request, over a real socket."""

import asyncio
import http.client
import io
import json

import pytest
import uvicorn

from app.main import create_app
from app.protocol import Protocol
from app.server import Server
from app.settings import Settings
from tests.http.conftest import halving_loader
from tests.http.test_drain import until

pytestmark = pytest.mark.anyio


async def answers(*requests: bytes) -> list[bytes]:
    """Return all that comes back for each of `requests`, each on a connection of its own, until that is closed."""
    app = create_app(Settings(models=("photo",)), loader=halving_loader, on_failure=str)
    config = uvicorn.Config(app, host="127.0.0.1", port=0, http=Protocol, log_config=None, access_log=False)
    server = Server(config, app.state.service)
    ended = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    found = [await answer(port, request) for request in requests]
    server.should_exit = True
    await ended
    return found


async def answer(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    got = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return got


async def test_bytes_that_are_no_request_get_a_problem() -> None:
    noise = (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 TLS",
        b"GET / HTTP/1.1\r\nHost limpid\r\n\r\n",
        b"\r\n\r\n\0",
    )
    for got in await answers(*noise):
        head, _, body = got.partition(b"\r\n\r\n")
        status, _, lines = head.partition(b"\r\n")
        headers = http.client.parse_headers(io.BytesIO(lines + b"\r\n\r\n"))
        problem = json.loads(body)
        assert status == b"HTTP/1.1 400 Bad Request"
        assert headers["Content-Type"] == "application/problem+json"
        assert headers["Connection"] == "close"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert problem["code"] == "malformed_request"
        assert problem["request_id"] == headers["X-Request-ID"]
        assert "HTTP" in problem["detail"]
