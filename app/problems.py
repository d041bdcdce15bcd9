"""From an error to its answer: `application/problem+json` (RFC 9457), for the service's own and the framework's."""

import logging
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from app.deadline import ClientGone
from app.errors import (
    InternalError,
    InvalidParameter,
    LimpidError,
    MethodNotAllowed,
    NotFound,
)
from app.methods import allowed_methods
from app.request_id import request_id

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
CLIENT_GONE = 499
"""What access logs show for a client that hung up, as nginx has it; nobody receives it."""


class Problem(BaseModel):
    """The body of every error."""

    type: str = Field(description="names the kind of error; no page to be fetched", examples=["urn:limpid:no_image"])
    title: str = Field(examples=["No image in the request"])
    status: int = Field(examples=[400])
    detail: str = Field(description="what was wrong and what would be accepted")
    code: str = Field(description="the kind of error, for programs", examples=["no_image"])
    request_id: str
    limit: int | float | None = Field(default=None, description="the limit that was hit")
    value: int | float | None = Field(default=None, description="what the request had")


def problem_of(error: LimpidError, identifier: str) -> Problem:
    """Return what the answer to the request of that id says about `error`."""
    return Problem(
        type=f"urn:limpid:{error.code}",
        title=error.title,
        status=error.status,
        detail=error.detail,
        code=error.code,
        request_id=identifier,
        limit=error.limit,
        value=error.value,
    )


def problem(request: Request, error: LimpidError) -> JSONResponse:
    """Return the answer for `error`, and leave its code where the metrics find it."""
    request.scope.setdefault("state", {})["code"] = error.code
    body = problem_of(error, request_id(request.scope))
    return JSONResponse(body.model_dump(exclude_none=True), error.status, error.headers, MEDIA_TYPE)


def invalid_options(errors: Sequence[Any]) -> InvalidParameter:
    """Return one error that names the first option that pydantic found wrong, and what it takes."""
    first = errors[0]
    name = next((part for part in first["loc"] if part not in ("query", "body")), "request")
    if first["type"] == "extra_forbidden":
        return InvalidParameter(f"unknown option {name!r}")
    return InvalidParameter(f"{name}: {first['msg'].removeprefix('Value error, ')}; got {first['input']!r}")


def install(app: FastAPI) -> None:
    """Make every error that `app` can answer a problem."""

    @app.exception_handler(LimpidError)
    async def _own(request: Request, error: LimpidError) -> JSONResponse:
        return problem(request, error)

    @app.exception_handler(RequestValidationError)
    async def _options(request: Request, error: RequestValidationError) -> JSONResponse:
        return problem(request, invalid_options(error.errors()))

    @app.exception_handler(HTTPException)
    async def _framework(request: Request, error: HTTPException) -> JSONResponse:
        return problem(request, _translated(request, error))

    @app.exception_handler(ClientDisconnect)
    @app.exception_handler(ClientGone)
    async def _hung_up(_request: Request, _: Exception) -> Response:
        return Response(status_code=CLIENT_GONE)

    @app.exception_handler(Exception)
    async def _bug(request: Request, error: Exception) -> JSONResponse:
        logger.error("a bug: %s; the traceback follows", type(error).__name__)
        return problem(request, InternalError("a bug; the service's log has it under this request id"))


def _translated(request: Request, error: HTTPException) -> LimpidError:
    """Return our error for one of the router's or the form parser's."""
    if error.status_code == NotFound.status:
        return NotFound(f"no such path: {request.url.path}; GET /docs shows those there are")
    if error.status_code == MethodNotAllowed.status:
        allowed = ", ".join(allowed_methods(request.scope))
        return MethodNotAllowed(
            f"{request.method} is not for {request.url.path}; allowed: {allowed}", headers={"Allow": allowed}
        )
    return InternalError("the framework answered with an unexpected status")
