"""GET /health/live and GET /health/ready."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from app.deps import ServiceDep
from app.errors import NotReady
from app.openapi import example, problems

router = APIRouter(prefix="/health", tags=["health"])


class Health(BaseModel):
    """The answer of a healthy service."""

    status: Literal["live", "ready"]


@router.get("/live", summary="Does the process run?", responses=example({"status": "live"}) | problems(guarded=False))
async def live() -> Health:
    """Answer 200 while the process runs."""
    return Health(status="live")


@router.get(
    "/ready",
    summary="Are all models loaded and warmed?",
    responses=example({"status": "ready"}) | problems(NotReady, guarded=False),
)
async def ready(service: ServiceDep) -> Health:
    """Answer 200 once every model is loaded and warmed, 503 before, and when the service is about to end."""
    service.draining.check_ready()
    service.registry.all()
    return Health(status="ready")
