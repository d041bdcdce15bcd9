"""Wiring: settings to a FastAPI application."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.types import ASGIApp

from app import openapi, problems
from app.cors import CrossOriginMiddleware
from app.memory import keep_trimmed
from app.methods import MethodsMiddleware
from app.registry import Loader, find_artifacts, load_with_tensorflow
from app.request_id import RequestIdMiddleware
from app.routes import denoise, encode, health, models, reconstruct
from app.service import Service
from app.settings import Settings

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
        loading = asyncio.create_task(asyncio.to_thread(service.load, artifacts, loader))
        loading.add_done_callback(lambda task: _report(task, on_failure))
        trimming = asyncio.create_task(keep_trimmed(lambda: service.admission.finished))
        yield
        trimming.cancel()
        loading.cancel()
        service.stop()

    app = FastAPIOffline(
        redoc_url=None, title="Limpid", version=version("limpid"), description=DESCRIPTION, lifespan=lifespan
    )
    app.state.service = service
    problems.install(app)
    for routes in (denoise, reconstruct, encode, models, health):
        app.include_router(routes.router)
    openapi.install(app)
    app.middleware_stack = _around(app.build_middleware_stack(), service.settings)
    return app


def _around(app: ASGIApp, settings: Settings) -> ASGIApp:
    """Return `app` within the middleware: the answer to a bug, which FastAPI makes outside its own, passes it too."""
    app = MethodsMiddleware(app)
    if settings.cors_origins:
        app = CrossOriginMiddleware(app, settings.cors_origins)
    return RequestIdMiddleware(app)


def _report(loading: asyncio.Task[None], on_failure: Callable[[], None]) -> None:
    if loading.cancelled():
        return
    if error := loading.exception():
        logger.error("the models can't be loaded: %s", error, exc_info=error)
        on_failure()
    else:
        logger.info("ready")
