"""What routes ask FastAPI for, as types: a route's signature reads as its documentation."""

from typing import Annotated

from fastapi import Depends, Request

from app.service import Service


async def _service(request: Request) -> Service:
    """Return the application's service. A coroutine, as FastAPI would send a plain function to a thread."""
    service: Service = request.app.state.service
    return service


ServiceDep = Annotated[Service, Depends(_service)]
