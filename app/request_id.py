"""The request id: the caller's where it is harmless, else a new one; on every answer."""

import random
import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars

HEADER = "X-Request-ID"
_BITS = 128
_ACCEPTED = re.compile(r"[A-Za-z0-9_-]{1,64}")


def request_id(scope: Scope) -> str:
    """Return the id of the request that `scope` belongs to."""
    state = scope.setdefault("state", {})
    if "request_id" not in state:
        offered = Headers(scope=scope).get(HEADER, "")
        state["request_id"] = offered if _ACCEPTED.fullmatch(offered) else f"{random.getrandbits(_BITS):032x}"
    return str(state["request_id"])


class RequestIdMiddleware:
    """Puts the id on every answer that passes, and on every line that is logged until then."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        identifier = request_id(scope)
        bind_contextvars(request_id=identifier)

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = identifier
            await send(message)

        await self._app(scope, receive, send_with_id)
