"""Reloads as clients see them: every answer is of the version that it names."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from fastapi import FastAPI

from app.service import Service
from app.settings import Settings
from models.denoising import Feed
from models.pixels import FloatImage
from models.store import Artifact
from tests.app.test_reloading import add, remove_model
from tests.conftest import decoded, png
from tests.http.conftest import HalvingEngine, running

pytestmark = pytest.mark.anyio

PICTURE = png(np.full((28, 28), 240, np.uint8))


class Dividing(HalvingEngine):
    """Divides pixels by its version's number plus one, once it may."""

    may_load, may_run = threading.Event(), threading.Event()

    def run(self, feed: Feed) -> FloatImage:
        self.may_run.wait(30)
        return feed["image"] / np.float32(int(self.card.version) + 1)


def load(artifact: Artifact, _: Settings) -> Dividing:
    Dividing.may_load.wait(30)
    return Dividing(artifact.card)


@pytest.fixture
async def connected(tmp_path: Path) -> AsyncIterator[tuple[Service, httpx.AsyncClient]]:
    """A service with digits-denoise@1, and a client of it."""
    add(tmp_path, "digits-denoise", "1")
    Dividing.may_load.set()
    Dividing.may_run.set()
    settings = Settings(
        artifacts_dir=tmp_path, models=("digits-denoise",), default_denoise="digits-denoise", wait_share=1
    )
    async with running(settings, loader=load) as (app, client):
        assert isinstance(app, FastAPI)
        yield app.state.service, client
        Dividing.may_load.set()
        Dividing.may_run.set()


async def denoised(client: httpx.AsyncClient, model: str = "digits-denoise") -> tuple[str, int]:
    """Return which model answered, and the pixels' level."""
    answer = await client.post("/denoise", params={"model": model}, content=PICTURE)
    assert answer.status_code == 200, answer.text
    return answer.headers["X-Model"].partition(";")[0], int(decoded(answer.content)[0, 0])


async def until_counted(service: Service, reloads: dict[str, int]) -> None:
    for _ in range(500):
        if service.reloads == reloads:
            return
        await asyncio.sleep(0.01)
    raise TimeoutError(f"{service.reloads} is not {reloads}")


async def test_what_is_in_flight_ends_with_the_version_that_it_began_with(
    connected: tuple[Service, httpx.AsyncClient], tmp_path: Path
) -> None:
    service, client = connected
    Dividing.may_run.clear()
    before = asyncio.create_task(denoised(client))
    while not service.admission.pixels:  # noqa: ASYNC110  nothing else tells that a model has been chosen
        await asyncio.sleep(0.01)
    add(tmp_path, "digits-denoise", "2")
    service.reload()
    await until_counted(service, {"swapped": 1})
    after = asyncio.create_task(denoised(client))
    Dividing.may_run.set()
    assert await before == ("digits-denoise@1", 120)
    assert await after == ("digits-denoise@2", 80)


async def test_requests_are_served_while_a_version_is_loaded(
    connected: tuple[Service, httpx.AsyncClient], tmp_path: Path
) -> None:
    service, client = connected
    add(tmp_path, "digits-denoise", "2")
    Dividing.may_load.clear()
    service.reload()
    assert await denoised(client) == ("digits-denoise@1", 120)
    assert (await client.get("/health/ready")).status_code == 200


async def test_asked_during_a_reload_it_reloads_once_more(
    connected: tuple[Service, httpx.AsyncClient], tmp_path: Path
) -> None:
    service, client = connected
    add(tmp_path, "digits-denoise", "2")
    Dividing.may_load.clear()
    service.reload()
    await asyncio.sleep(0.05)
    add(tmp_path, "digits-denoise", "3")
    for _ in range(3):
        service.reload()
    Dividing.may_load.set()
    await until_counted(service, {"swapped": 2})
    assert await denoised(client) == ("digits-denoise@3", 60)


async def test_a_half_copied_version_leaves_the_service_unharmed(
    connected: tuple[Service, httpx.AsyncClient], tmp_path: Path
) -> None:
    service, client = connected
    remove_model(add(tmp_path, "digits-denoise", "2"))
    service.reload()
    await until_counted(service, {"refused": 1})
    assert await denoised(client) == ("digits-denoise@1", 120)
    assert (await client.get("/models")).json()["models"][0]["version"] == "1"


async def test_a_service_that_is_about_to_end_reloads_no_more(
    connected: tuple[Service, httpx.AsyncClient], tmp_path: Path
) -> None:
    service, _ = connected
    add(tmp_path, "digits-denoise", "2")
    service.draining.begin()
    service.reload()
    await asyncio.sleep(0.05)
    assert not service.reloads


async def test_two_versions_of_a_name_are_served_side_by_side(tmp_path: Path) -> None:
    for version in ("1", "2"):
        add(tmp_path, "digits-denoise", version)
    Dividing.may_load.set()
    Dividing.may_run.set()
    settings = Settings(artifacts_dir=tmp_path, models="digits-denoise@1,digits-denoise@2")
    async with running(settings, loader=load) as (_, client):
        assert await denoised(client, "digits-denoise@1") == ("digits-denoise@1", 120)
        assert await denoised(client, "digits-denoise@2") == ("digits-denoise@2", 80)
        assert await denoised(client) == ("digits-denoise@2", 80)
        unknown = await client.post("/denoise", params={"model": "digits-denoise@3"}, content=PICTURE)
    assert unknown.status_code == 404
    assert "digits-denoise@1, digits-denoise@2" in unknown.json()["detail"]
