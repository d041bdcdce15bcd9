"""GET /metrics."""

from fastapi import APIRouter, Request, Response
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST
from prometheus_client.openmetrics.exposition import generate_latest as openmetrics_text

from app.deps import ServiceDep
from app.openapi import problems

router = APIRouter(tags=["health"])

OPENMETRICS = "application/openmetrics-text"

_LINES = """\
# HELP limpid_requests_total Requests answered.
# TYPE limpid_requests_total counter
limpid_requests_total{endpoint="/denoise",method="POST",status="200"} 1027.0
"""
_TEXT = {"schema": {"type": "string"}, "example": _LINES}
_ANSWER = {
    "headers": {"X-Request-ID": {"$ref": "#/components/headers/X-Request-ID"}},
    "content": {"text/plain": _TEXT, OPENMETRICS: _TEXT},
}


@router.get(
    "/metrics",
    summary="What Prometheus reads",
    response_class=Response,
    responses={200: _ANSWER, **problems()},
)
async def metrics(request: Request, service: ServiceDep) -> Response:
    """Answer all metrics as Prometheus' text, or as OpenMetrics where `Accept` names that.

    prometheus-client's own choice fails for a version that is no number, and repeats the one asked for.
    """
    if OPENMETRICS in request.headers.get("Accept", ""):
        text = openmetrics_text(service.metrics)  # type: ignore[no-untyped-call]
        return Response(text, media_type=CONTENT_TYPE_LATEST)
    return Response(generate_latest(service.metrics), media_type=CONTENT_TYPE_PLAIN_0_0_4)
