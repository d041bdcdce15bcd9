"""What connections see of the service's end: each closes after its answer, and no answer is lost to that."""

import asyncio

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.draining import Draining, given_up
from app.lingering import throw_away
from app.problems import problem


class ClosingMiddleware:
    """Adds `Connection: close` to every answer once the service drains, and answers those that are given up."""

    def __init__(self, app: ASGIApp, draining: Draining) -> None:
        self._app, self._draining = app, draining

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(receive, send, self._draining)
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except asyncio.CancelledError:
            if not self._draining.cut:
                raise
            if not exchange.answered:
                await problem(Request(scope), given_up())(scope, receive, exchange.send)


class _Exchange:
    """One request and its answer: which parts of both have passed."""

    __slots__ = ("_draining", "_receive", "_send", "_unread", "answered")

    def __init__(self, receive: Receive, send: Send, draining: Draining) -> None:
        self._receive, self._send, self._draining = receive, send, draining
        self._unread = True
        self.answered = False

    async def receive(self) -> Message:
        message = await self._receive()
        self._unread = bool(message.get("more_body"))
        return message

    async def send(self, message: Message) -> None:
        if not self._draining.begun:
            await self._send(message)
        elif message["type"] == "http.response.start":
            MutableHeaders(scope=message)["Connection"] = "close"
            await self._send(message)
        elif self._unread and not message.get("more_body"):
            await self._send({**message, "more_body": True})
            await throw_away(self.receive)
            await self._send({"type": "http.response.body", "body": b""})
        else:
            await self._send(message)
        self.answered = True
