"""The limit on a request's bytes, kept while they arrive.

Starlette has a middleware for this; it answers in plain text where the application has not read the body, and every
answer of this service is to be a problem.
"""

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import BodyTooLarge, MalformedRequest
from app.problems import problem


class BodyLimitMiddleware:
    """Refuses a body over `limit` bytes: at once where its length is declared, else when the limit is passed."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            declared = int(Headers(scope=scope).get("Content-Length", "0"))
        except ValueError:
            await problem(Request(scope), MalformedRequest("Content-Length is no number"))(scope, receive, send)
            return
        if declared > self._limit:
            await problem(Request(scope), self._too_large(declared))(scope, receive, send)
        else:
            await self._app(scope, self._counting(receive), send)

    def _counting(self, receive: Receive) -> Receive:
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._limit:
                raise self._too_large(received)
            return message

        return counted

    def _too_large(self, size: int) -> BodyTooLarge:
        return BodyTooLarge(
            f"the request's body is over {self._limit} bytes: send a smaller file", limit=self._limit, value=size
        )
