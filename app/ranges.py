"""Whole answers alone, whatever part of one is asked for."""

from starlette.types import ASGIApp, Receive, Scope, Send


class WholeAnswersMiddleware:
    """Ignores `Range`, as RFC 9110 (14.2) lets a server: Starlette answers one that fits no file in plain text."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "headers": [each for each in scope["headers"] if each[0] != b"range"]}
        await self._app(scope, receive, send)
