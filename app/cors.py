"""Cross-origin requests: what pages from elsewhere may send, and which headers of the answers they may read."""

from collections.abc import Collection

from fastapi import Request, Response
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import MalformedRequest
from app.problems import problem

METHODS = ("GET", "HEAD", "POST", "OPTIONS")
ACCEPTED_HEADERS = ("Authorization", "Content-Type", "X-API-Key", "X-Request-ID")
EXPOSED_HEADERS = (
    "Content-Disposition",
    "Retry-After",
    "Server-Timing",
    "X-Anomaly-Score",
    "X-Model",
    "X-Noise-Sigma",
    "X-Reconstruction-Error",
    "X-Request-ID",
    "X-Warnings",
)


class CrossOriginMiddleware(CORSMiddleware):
    """Starlette's, with a problem for a preflight that is refused. `origins` are exact; `*` stands for all."""

    def __init__(self, app: ASGIApp, origins: Collection[str]) -> None:
        super().__init__(
            app,
            allow_origins=origins,
            allow_methods=METHODS,
            allow_headers=ACCEPTED_HEADERS,
            expose_headers=EXPOSED_HEADERS,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except _PreflightRefused as error:
            await problem(Request(scope), error)(scope, receive, send)

    def preflight_response(self, request_headers: Headers) -> Response:
        response = super().preflight_response(request_headers)
        if response.status_code == 200:
            return response
        raise _PreflightRefused(
            f"{bytes(response.body).decode()}; allowed are the origins in LIMPID_CORS_ORIGINS, "
            f"the methods {', '.join(METHODS)} and the headers {', '.join(ACCEPTED_HEADERS)}",
            headers={"Vary": response.headers["Vary"]},
        )


class _PreflightRefused(MalformedRequest):
    """No `forbidden`: that is for API keys, and a client that reads it would ask its user for another key."""
