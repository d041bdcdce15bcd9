"""Headers that tell browsers to do with an answer what it is for, and nothing else."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # Pages of allowed origins ask in the mode `cors`, which this does not apply to: https://fetch.spec.whatwg.org/#cross-origin-resource-policy-header
    "Cross-Origin-Resource-Policy": "same-origin",
}
_POLICY = "default-src 'none'; frame-ancestors 'none'"
_DOCS_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Swagger UI is started by a script within its page, sets styles, and shows answers as blobs."""
_DOCS = "/docs"
_ASSETS = "/static-offline-docs/"


class SecurityHeadersMiddleware:
    """Puts them on every answer. None is to be kept by caches, but the assets of the documentation."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        ours = _headers(scope["path"])

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *ours]
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _encoded(policy: str, **more: str) -> list[tuple[bytes, bytes]]:
    named = {**_EVERYWHERE, "Content-Security-Policy": policy, **more}
    return [(name.lower().encode(), value.encode()) for name, value in named.items()]


OF_ANSWERS = _encoded(_POLICY, **{"Cache-Control": "no-store"})
"""Of all answers but the documentation's, as (name, value)."""
_OF_DOCS = _encoded(_DOCS_POLICY, **{"Cache-Control": "no-store"})
_OF_ASSETS = _encoded(_POLICY)


def _headers(path: str) -> list[tuple[bytes, bytes]]:
    if path == _DOCS or path.startswith(f"{_DOCS}/"):
        return _OF_DOCS
    return _OF_ASSETS if path.startswith(_ASSETS) else OF_ANSWERS
