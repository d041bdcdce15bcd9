"""The answer to a request whose body is not wanted."""

import asyncio
from contextlib import suppress

from fastapi import Request
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from app.errors import LimpidError
from app.problems import problem

LINGER_S = 2.0
LINGER_BYTES = 64 * 2**20
"""How long, and how much of a body is thrown away after the answer.

A connection that is closed while its client still sends is reset, and many clients then see no answer at all:
https://datatracker.ietf.org/doc/html/rfc9112#section-9.6
"""


async def refuse(scope: Scope, receive: Receive, send: Send, error: LimpidError) -> None:
    """Answer `error` before the body is read. Without a body, the connection stays good for more requests."""
    if not _has_body(scope):
        await problem(Request(scope), error)(scope, receive, send)
        return

    async def send_open(message: Message) -> None:
        await send({**message, "more_body": True} if message["type"] == "http.response.body" else message)

    error.headers["Connection"] = "close"
    await problem(Request(scope), error)(scope, receive, send_open)
    await _throw_away(receive)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _has_body(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    return "Transfer-Encoding" in headers or headers.get("Content-Length", "0") != "0"


async def _throw_away(receive: Receive) -> None:
    """Receive what a client still sends, until that is all, the client has hung up, or it is too much or too slow."""
    left = LINGER_BYTES
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER_S):
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                if not message.get("more_body", False):
                    return
