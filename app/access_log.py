"""A line in the log and the metrics of every request, once it is over."""

import logging
import time
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.metrics.endpoints import Endpoints, method_label
from app.metrics.requests import RequestMetrics
from app.problems import CLIENT_GONE

logger = logging.getLogger(__name__)

FIELDS = ("method", "path", "status", "code", "duration_ms", "bytes_in", "bytes_out", "model", "key", "client")
"""What a line says beside the request id, where there is something to say."""
MOST_CHARACTERS = 200
ADDRESS_CHARACTERS = 45
"""The longest that an address of IPv6 can be; a proxy may pass on anything."""
QUIET = frozenset({"/health/live", "/health/ready", "/metrics"})
"""Asked for by machines every few seconds: their lines are for debugging."""
_NO_ANSWER = 500


class Exchange:
    """What passes between a client and the application: bytes, the answer's status and model."""

    __slots__ = ("_receive", "_send", "bytes_in", "bytes_out", "gone", "model", "status")

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self.bytes_in = self.bytes_out = 0
        self.status = 0
        self.model: str | None = None
        self.gone = False

    async def receive(self) -> Message:
        """Pass on a piece of the request; a client that leaves before its answer starts is gone."""
        message = await self._receive()
        if message["type"] == "http.request":
            self.bytes_in += len(message.get("body", b""))
        elif not self.status:
            self.gone = True
        return message

    async def send(self, message: Message) -> None:
        """Pass on a piece of the answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.model = _model(message.get("headers", ()))
        else:
            self.bytes_out += len(message.get("body", b""))
        await self._send(message)

    @property
    def outcome(self) -> int:
        """The status to be told: that of the answer, unless nobody was there to receive it."""
        return CLIENT_GONE if self.gone else self.status or _NO_ANSWER


class ObservingMiddleware:
    """Counts each request and writes its line. What is labelled or written is nothing that a client can make up."""

    def __init__(self, app: ASGIApp, metrics: RequestMetrics, endpoints: Endpoints) -> None:
        self._app, self._metrics, self._endpoints = app, metrics, endpoints

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        endpoint = self._endpoints.label(scope)
        exchange = Exchange(receive, send)
        self._metrics.begin(endpoint)
        try:
            await self._app(scope, exchange.receive, exchange.send)
        finally:
            self._end(scope, exchange, endpoint, time.perf_counter() - started)

    def _end(self, scope: Scope, exchange: Exchange, endpoint: str, seconds: float) -> None:
        method, status, state = method_label(scope), exchange.outcome, scope.get("state", {})
        code = None if exchange.gone else state.get("code")
        self._metrics.end(endpoint, method, status, seconds, exchange.bytes_in, exchange.bytes_out)
        if code:
            self._metrics.refuse(code)
        if timings := state.get("timings"):
            self._metrics.work(endpoint, timings, exchange.model if status == exchange.status else None)
        level = logging.DEBUG if endpoint in QUIET else logging.INFO
        if logger.isEnabledFor(level):
            logger.log(level, "request", extra=_fields(scope, exchange, method, status, code, seconds))


def _fields(
    scope: Scope, exchange: Exchange, method: str, status: int, code: str | None, seconds: float
) -> dict[str, Any]:
    """Return the line's fields, without those that have nothing to say."""
    client = scope.get("client")
    fields = {
        "method": method,
        "path": quote(scope["path"][:MOST_CHARACTERS])[:MOST_CHARACTERS],
        "status": status,
        "code": code,
        "duration_ms": round(1000 * seconds, 1),
        "bytes_in": exchange.bytes_in,
        "bytes_out": exchange.bytes_out,
        "model": exchange.model,
        "key": scope.get("state", {}).get("key_name"),
        "client": client[0][:ADDRESS_CHARACTERS] if client else None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _model(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """Return the name@version in an answer's X-Model."""
    for name, value in headers:
        if name.lower() == b"x-model":
            return value.partition(b";")[0].decode("latin-1")
    return None
