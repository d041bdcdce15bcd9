"""A lean HTTP/1.1 client: prebuilt requests over kept connections, so that little of the processor is the client's."""

import asyncio
import time
from collections import deque
from dataclasses import dataclass
from typing import cast

import httptools

HOST = "127.0.0.1"
MEDIA_TYPES = {b"\x89PNG": "image/png", b"\xff\xd8\xff\xe0": "image/jpeg"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, 0 where nothing did; when it was asked, how long it took, in seconds.

    `timing` is the Server-Timing header.
    """

    status: int
    asked: float
    seconds: float
    timing: str = ""


def post(path: str, body: bytes) -> bytes:
    """Return a POST request of an image file, as it goes over the wire."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: {MEDIA_TYPES[body[:4]]}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Connection(asyncio.Protocol):
    """One connection; one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._answered: asyncio.Future[tuple[int, str]] | None = None
        self._timing = ""
        self.open = False

    def ask(self, request: bytes) -> asyncio.Future[tuple[int, str]]:
        """Send `request`; the result is the answer's status and Server-Timing, once its body is complete."""
        assert self._transport is not None
        self._timing = ""
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answered

    def close(self) -> None:
        """Hang up at once, whatever is under way."""
        self.open = False
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport, self.open = cast(asyncio.Transport, transport), True

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(error)
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.open = False
        self._fail(exc or ConnectionResetError("the server hung up"))

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"server-timing":
            self._timing = value.decode()

    def on_message_complete(self) -> None:
        self.open = self.open and self._parser.should_keep_alive()
        if self._answered is not None and not self._answered.done():
            self._answered.set_result((self._parser.get_status_code(), self._timing))

    def _fail(self, error: Exception) -> None:
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(error)


class Client:
    """Asks one server, over as many connections as there are requests at a time."""

    def __init__(self, port: int, timeout_s: float) -> None:
        self._port, self._timeout_s = port, timeout_s
        self._idle: deque[Connection] = deque()

    async def ask(self, request: bytes) -> Answer:
        """Send `request` and wait for the whole answer; status 0 where there is none in time."""
        asked = time.perf_counter()
        connection = None
        try:
            async with asyncio.timeout(self._timeout_s):
                connection = await self._connection()
                status, timing = await connection.ask(request)
        except (OSError, TimeoutError, httptools.HttpParserError):
            if connection is not None:
                connection.close()
            return Answer(0, asked, time.perf_counter() - asked)
        self._put_back(connection)
        return Answer(status, asked, time.perf_counter() - asked, timing)

    async def abandon(self, sent: bytes, after_s: float) -> None:
        """Send `sent`, all or the beginning of a request, and hang up after `after_s`."""
        connection = await self._connection()
        answered = connection.ask(sent)
        await asyncio.wait([answered], timeout=after_s)
        connection.close()
        await asyncio.gather(answered, return_exceptions=True)

    def close(self) -> None:
        """Close the connections that are not in use."""
        while self._idle:
            self._idle.pop().close()

    async def _connection(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if connection.open:
                return connection
        _, made = await asyncio.get_running_loop().create_connection(Connection, HOST, self._port)
        return made

    def _put_back(self, connection: Connection) -> None:
        if connection.open:
            self._idle.append(connection)
        else:
            connection.close()
