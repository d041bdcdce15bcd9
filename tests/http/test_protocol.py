"""What is no HTTP request, over a real socket."""

import asyncio
import http.client
import io
import json
from collections.abc import Sequence

import pytest
import uvicorn

from app.main import create_app
from app.protocol import HEAD_BYTES, Protocol
from app.server import Server
from app.settings import Settings
from tests.http.conftest import halving_loader
from tests.http.test_drain import until

pytestmark = pytest.mark.anyio


async def answers(*requests: Sequence[bytes]) -> list[bytes]:
    """Return all that comes back for each of `requests`, each on a connection of its own, until that is closed.

    A request is sent piece by piece, each once the last has been read.
    """
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


async def answer(port: int, request: Sequence[bytes]) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for piece in request:
        writer.write(piece)
        await asyncio.sleep(0.05)
    got = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return got


async def test_heads_that_do_not_end_get_a_problem() -> None:
    """One byte over the limit each: closing with bytes unread would reset the connection before the answer is read."""
    chunked = b"POST /denoise HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n"
    heads = (
        [b"GET /".ljust(HEAD_BYTES + 1, b"a")],
        [b"GET / HTTP/1.1\r\nHost: limpid\r\nX: ".ljust(HEAD_BYTES + 1, b"a")],
        [b"GET / HTTP/1.1\r\nHost: limpid\r\n" + b"X:a\r\n" * (HEAD_BYTES // 5)],
        [chunked, b"0\r\nX: ".ljust(HEAD_BYTES + 1, b"a")],
    )
    for got in await answers(*heads):
        assert got.startswith(b"HTTP/1.1 400 ")
        problem = json.loads(got.partition(b"\r\n\r\n")[2])
        assert problem["code"] == "malformed_request"
        assert str(HEAD_BYTES) in problem["detail"]


async def test_long_heads_within_the_limit_are_read() -> None:
    head = b"GET /health/live HTTP/1.1\r\nHost: limpid\r\nConnection: close\r\n" + b"X: a\r\n" * 10_000
    (got,) = await answers([head + b"\r\n"])
    assert got.startswith(b"HTTP/1.1 200 ")


async def test_bytes_that_are_no_request_get_a_problem() -> None:
    noise = (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 TLS",
        b"GET / HTTP/1.1\r\nHost limpid\r\n\r\n",
        b"\r\n\r\n\0",
    )
    for got in await answers(*([each] for each in noise)):
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
