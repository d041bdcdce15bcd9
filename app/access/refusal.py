"""The answer to a request whose body is not wanted."""

from fastapi import Request
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from app.errors import LimpidError
from app.lingering import throw_away
from app.problems import problem


async def refuse(scope: Scope, receive: Receive, send: Send, error: LimpidError) -> None:
    """Answer `error` before the body is read. Without a body, the connection stays good for more requests."""
    if not _has_body(scope):
        await problem(Request(scope), error)(scope, receive, send)
        return

    async def send_open(message: Message) -> None:
        await send({**message, "more_body": True} if message["type"] == "http.response.body" else message)

    error.headers["Connection"] = "close"
    await problem(Request(scope), error)(scope, receive, send_open)
    await throw_away(receive)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _has_body(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    return "Transfer-Encoding" in headers or headers.get("Content-Length", "0") != "0"
