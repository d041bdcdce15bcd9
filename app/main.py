"""Wiring: settings to a FastAPI application."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from app import openapi, problems
from app.access.middleware import guarded
from app.access_log import ObservingMiddleware
from app.background import in_background
from app.closing import ClosingMiddleware
from app.cors import CrossOriginMiddleware
from app.hosts import HostsMiddleware
from app.memory import keep_trimmed
from app.methods import MethodsMiddleware
from app.metrics import state
from app.metrics.endpoints import Endpoints
from app.metrics.requests import RequestMetrics
from app.ranges import WholeAnswersMiddleware
from app.registry import Loader, find_artifacts, load_with_tensorflow
from app.reloading import keep_reloading
from app.request_id import RequestIdMiddleware
from app.routes import denoise, encode, health, metrics, models, reconstruct
from app.security_headers import SecurityHeadersMiddleware
from app.service import Service
from app.settings import Settings
from models.store import Artifact, ArtifactError

logger = logging.getLogger(__name__)

DESCRIPTION = "Cleans images: denoised, reconstructed with an anomaly score, or as an embedding."


def stop_process() -> None:
    """End the server in its ordinary way: what a service without models should do."""
    signal.raise_signal(signal.SIGTERM)


def create_app(
    settings: Settings | None = None,
    *,
    loader: Loader = load_with_tensorflow,
    on_failure: Callable[[], None] = stop_process,
) -> FastAPI:
    """Return the application.

    Artifacts are verified here: raises models.store.ArtifactError. They are loaded once the application runs, in the
    background; `on_failure` is called should that fail after all. `loader` makes an engine of an artifact; tests pass
    one without TensorFlow.
    """
    service = Service(settings or Settings())
    artifacts = find_artifacts(service.settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        service.start()
        loading = asyncio.create_task(_keep_loaded(service, artifacts, loader))
        loading.add_done_callback(lambda task: _report(task, on_failure))
        trimming = asyncio.create_task(keep_trimmed(lambda: service.admission.finished))
        yield
        trimming.cancel()
        loading.cancel()
        service.stop()

    app = FastAPIOffline(
        redoc_url=None,
        redirect_slashes=False,
        title="Limpid",
        version=version("limpid"),
        description=DESCRIPTION,
        lifespan=lifespan,
    )
    app.state.service = service
    state.register(service)
    problems.install(app)
    for routes in (denoise, reconstruct, encode, models, health, metrics):
        app.include_router(routes.router)
    openapi.install(app)
    app.middleware_stack = _observed(_around(app.build_middleware_stack(), service), app.routes, service)
    return app


def _around(app: ASGIApp, service: Service) -> ASGIApp:
    """Return `app` within the middleware: the answer to a bug, which FastAPI makes outside its own, passes it too."""
    settings = service.settings
    app = guarded(MethodsMiddleware(WholeAnswersMiddleware(app)), service)
    if settings.cors_origins:
        app = CrossOriginMiddleware(app, settings.cors_origins)
    if settings.trusted_hosts:
        app = HostsMiddleware(app, settings.trusted_hosts)
    return SecurityHeadersMiddleware(app)


def _observed(app: ASGIApp, routes: Sequence[BaseRoute], service: Service) -> ASGIApp:
    """Return `app` with an id, metrics and a line in the log for every request."""
    app = ClosingMiddleware(app, service.draining)
    return RequestIdMiddleware(ObservingMiddleware(app, RequestMetrics(service.metrics), Endpoints(routes)))


async def _keep_loaded(service: Service, artifacts: Sequence[Artifact], loader: Loader) -> None:
    """Load the models, and new versions of them when that is asked for. Never returns."""
    await in_background(partial(service.load, artifacts, loader))
    logger.info("ready")
    await keep_reloading(service, loader)


def _report(loading: asyncio.Task[None], on_failure: Callable[[], None]) -> None:
    if loading.cancelled():
        return
    if error := loading.exception():
        known = isinstance(error, ArtifactError)
        logger.error("the models can't be loaded: %s", error, exc_info=None if known else error)
        on_failure()
