"""The application in process: once with the real models, else with engines that do next to nothing."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx
import numpy as np
import pytest
from asgi_lifespan import LifespanManager
from fastapi import FastAPI

from app.admission import Claim
from app.main import create_app
from app.registry import Engine
from app.settings import Settings
from models.card import ModelCard
from models.denoising import Feed
from models.noise_map import BLOCK
from models.pixels import LEVELS, FloatImage
from models.store import Artifact
from models.tiles import Shape
from tests.conftest import png

READY_WITHIN_S = 120


class HalvingEngine:
    """Stands for any network: halves the pixels; embeds a picture as its mean and its extremes; takes all for noise."""

    device = "cpu"
    device_name: str | None = None
    precision = "float32"
    traces = 0
    trial: tuple[float, float] | None = None

    def __init__(self, card: ModelCard) -> None:
        self.card = card
        self.experts = dict.fromkeys(card.experts, self)

    def run(self, feed: Feed) -> FloatImage:
        return feed["image"] / np.float32(2)

    def run_float32(self, feed: Feed) -> FloatImage:
        return self.run(feed)

    def encode(self, feed: Feed) -> FloatImage:
        image = feed["image"]
        return np.stack([image.mean((1, 2, 3)), image.min((1, 2, 3)), image.max((1, 2, 3))], axis=1)

    def estimate(self, feed: Feed) -> FloatImage:
        count, height, width, channels = feed["image"].shape
        blocks = feed["image"].reshape(count, height // BLOCK, BLOCK, width // BLOCK, BLOCK, channels)
        told = self.card.estimator.told if self.card.estimator else 2
        return np.repeat(np.log1p(LEVELS * blocks.std(axis=(2, 4)).mean(axis=-1, keepdims=True)), told, axis=-1)

    def cost(self, shape: Shape) -> float:
        return float(shape[0] * shape[1])

    def estimate_cost(self, shape: Shape) -> float:
        return self.cost(shape) / 30


def halving_loader(artifact: Artifact, _: Settings) -> Engine:
    return HalvingEngine(artifact.card)


async def work_taken(settings: Settings, monkeypatch: pytest.MonkeyPatch, query: str) -> list[float]:
    """Return the work that admission takes for a picture of 64 x 64 to be denoised, by engines that halve pixels."""
    taken: list[float] = []
    take = Claim.take
    monkeypatch.setattr(Claim, "take", lambda self, *more: (taken.append(more[1]), take(self, *more)))
    async with connected(settings, loader=halving_loader) as client:
        assert (await client.post(f"/denoise?{query}", content=png(np.eye(64, dtype=np.uint8)))).status_code == 200
    return taken


Connect = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@asynccontextmanager
async def running(settings: Settings, **options: object) -> AsyncIterator[tuple[FastAPI, httpx.AsyncClient]]:
    """Run an application's lifespan and yield it and a client of it, once it is ready."""
    app = create_app(settings, on_failure=lambda: None, **options)
    async with LifespanManager(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://limpid", timeout=READY_WITHIN_S) as client:
            await until_ready(client)
            yield app, client


@asynccontextmanager
async def connected(settings: Settings, **options: object) -> AsyncIterator[httpx.AsyncClient]:
    """Run an application's lifespan and yield a client of it, once it is ready."""
    async with running(settings, **options) as (_, client):
        yield client


async def until_ready(client: httpx.AsyncClient) -> None:
    for _ in range(READY_WITHIN_S * 50):
        if (await client.get("/health/ready")).status_code == 200:
            return
        await asyncio.sleep(0.02)
    raise TimeoutError(f"not ready after {READY_WITHIN_S} s")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
async def client(anyio_backend: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application as `make serve` runs it, with the models of the repository."""
    async with connected(Settings()) as connected_client:
        yield connected_client


@pytest.fixture
def connect() -> Connect:
    """Connect to an application with engines that halve pixels: `connect(max_pixels=100)`."""

    def _connect(**settings: object) -> AbstractAsyncContextManager[httpx.AsyncClient]:
        return connected(Settings(**settings), loader=halving_loader)

    return _connect
