"""New versions of the models while the service runs: loaded beside the old ones, and exchanged at once."""

import asyncio
import gc
import logging
import time
import weakref
from collections.abc import Iterable
from functools import partial

from app.background import in_background
from app.memory import trim
from app.registry import Engine, Loader, find_artifact
from app.service import Service
from models.store import Artifact, ArtifactError

logger = logging.getLogger(__name__)

AGAIN_S = 2.0
"""How often it is seen whether the last request of an engine that is no longer served has ended."""


async def keep_reloading(service: Service, loader: Loader) -> None:
    """Reload whenever that is asked for, one reload at a time, until the service drains. Never returns."""
    async with asyncio.TaskGroup() as retiring:
        while True:
            await service.reload_asked.wait()
            service.reload_asked.clear()
            if not service.draining.begun:
                retired = await in_background(partial(reload, service, loader))
                retiring.create_task(let_go(retired))


def reload(service: Service, loader: Loader) -> "list[weakref.ref[Engine]]":
    """Look again for the versions of the models. Return what is no longer served.

    Each model gets the version that the settings name; one that is refused keeps that which it has. Blocking.
    """
    before = service.registry.all()
    names = service.settings.models
    after = [_renewed(service, loader, *each) for each in zip(names, before, strict=True)]
    service.registry.show(after)
    return [weakref.ref(engine) for engine in before if engine not in after]


def _renewed(service: Service, loader: Loader, name: str, old: Engine) -> Engine:
    """Return the engine to serve from now on under a name of the settings."""
    try:
        artifact = find_artifact(service.settings, name)
        if artifact.card == old.card:
            service.reloads["unchanged"] += 1
            logger.info("unchanged %s", old.card.reference)
            return old
        new = _loaded(artifact, service, loader, old)
    except Exception as error:  # whatever is wrong with a new version, the old one keeps serving
        known = isinstance(error, ArtifactError)
        service.reloads["refused"] += 1
        logger.error("refused %s: %s; %s keeps serving", name, error, old.card.reference, exc_info=not known)
        return old
    service.reloads["swapped"] += 1
    return new


def _loaded(artifact: Artifact, service: Service, loader: Loader, old: Engine) -> Engine:
    started = time.perf_counter()
    new = loader(artifact, service.settings)
    took = time.perf_counter() - started
    logger.info("reloaded %s -> %s in %.1f s", old.card.reference, new.card.reference, took)
    return new


async def let_go(retired: "Iterable[weakref.ref[Engine]]") -> None:
    """Give back the memory of engines once no request holds them any more; their graphs are full of cycles."""
    waiting = list(retired)
    while waiting:
        await asyncio.to_thread(_collect)
        waiting = [engine for engine in waiting if engine() is not None]
        if waiting:
            await asyncio.sleep(AGAIN_S)


def _collect() -> None:
    gc.collect()
    trim()
