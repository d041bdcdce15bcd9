"""What routes ask FastAPI for, as types: a route's signature reads as its documentation."""

from typing import Annotated

from fastapi import Depends, Query, Request

from app.options import DenoiseOptions, EncodeOptions, ReconstructOptions
from app.service import Service


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


ServiceDep = Annotated[Service, Depends(_service)]
DenoiseQuery = Annotated[DenoiseOptions, Query()]
ReconstructQuery = Annotated[ReconstructOptions, Query()]
EncodeQuery = Annotated[EncodeOptions, Query()]
