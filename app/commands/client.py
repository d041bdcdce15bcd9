"""Whom `limpid denoise` asks: the service in this process, or a running one; both over HTTP's own words."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from app.codecs.formats import MEDIA_TYPES, Format
from app.main import create_app
from app.registry import Engine, Loader, load_with_tensorflow
from app.settings import Settings
from models.store import Artifact

PIECE_BYTES = 2**20
UNLIMITED = 2**40
"""For budgets and seconds: more than there will be."""
READY_EVERY_S = 0.02
PATIENCE_S = 600.0
"""How long a busy service is waited for, in all, for one picture."""
PAUSE_S = 5.0
"""Before another try, where the service does not say how long."""
_BUSY = (429, 503)
_FORMATS: dict[str, Format] = {media_type: each for each, media_type in MEDIA_TYPES.items()}


class Refused(Exception):
    """A picture got no result; the message says why."""


class NotLoaded(Exception):
    """The model can't be loaded; the message says why."""


@dataclass(frozen=True)
class Answer:
    """A picture's result, as a file of `format`, and what was converted or lost for it."""

    content: bytes
    format: Format
    warnings: str


@asynccontextmanager
async def in_process(
    settings: Settings, model: str, *, loader: Loader = load_with_tensorflow
) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client of the service in this process, with `model` loaded.

    Limits of a picture are those of the settings; those that keep clients from each other are lifted. Raises NotLoaded,
    and models.store.ArtifactError.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    failures: list[Exception] = []

    def remembering(artifact: Artifact, of: Settings) -> Engine:
        try:
            return loader(artifact, of)
        except Exception as error:
            failures.append(error)
            raise

    app = create_app(_alone(settings, model), loader=remembering, on_failure=lambda: None)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://limpid") as client:
            while (await client.get("/health/ready")).status_code != httpx.codes.OK:
                if failures:
                    raise NotLoaded(f"{model} can't be loaded: {failures[0]}")
                await asyncio.sleep(READY_EVERY_S)
            yield client


@asynccontextmanager
async def remote(url: str, key: str | None) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client of the service at `url`, which sends `key` with every request."""
    headers = {"X-API-Key": key} if key else {}
    timeout = httpx.Timeout(PATIENCE_S, connect=10)
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=timeout) as client:
        yield client


async def ask(client: httpx.AsyncClient, source: Path, options: dict[str, str]) -> Answer:
    """Return the service's answer to a file. Raises Refused, OSError for an unreadable one."""
    try:
        response = await _patiently(client, source, options)
    except httpx.HTTPError as error:
        raise Refused(f"no answer from {_place(client)}: {error or type(error).__name__}") from error
    if response.status_code != httpx.codes.OK:
        raise Refused(_detail(response))
    media_type = response.headers.get("Content-Type", "")
    if media_type not in _FORMATS:
        raise Refused(f"{_place(client)} answers with {media_type or 'nothing'}, and no picture: is it Limpid?")
    return Answer(response.content, _FORMATS[media_type], response.headers.get("X-Warnings", ""))


async def _patiently(client: httpx.AsyncClient, source: Path, options: dict[str, str]) -> httpx.Response:
    """Send a file until the service has time for it, within bounds."""
    waited = 0.0
    while True:
        size = (await asyncio.to_thread(source.stat)).st_size
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
        response = await client.post("/denoise", params=options, content=_pieces(source), headers=headers)
        pause = _pause(response)
        if response.status_code not in _BUSY or waited + pause > PATIENCE_S:
            return response
        waited += pause
        await asyncio.sleep(pause)


async def _pieces(source: Path) -> AsyncIterator[bytes]:
    """Yield a file piece by piece, so that one too large for the service is never in memory."""
    with await asyncio.to_thread(source.open, "rb") as file:
        while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
            yield piece


def _pause(response: httpx.Response) -> float:
    said = response.headers.get("Retry-After", "")
    return float(said) if said.isascii() and said.isdigit() else PAUSE_S


def _place(client: httpx.AsyncClient) -> str:
    """Return host and port, without a password that the address may hold."""
    return client.base_url.netloc.decode()


def _detail(response: httpx.Response) -> str:
    """Return what a problem says, or what little else there is."""
    try:
        return str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"the service answers {response.status_code} {response.reason_phrase}".rstrip()


def _alone(settings: Settings, model: str) -> Settings:
    """Return the settings for a service of `model` that has one client, who may wait."""
    return settings.model_copy(
        update={
            "models": (model,),
            "default_denoise": model,
            "budget_bytes": UNLIMITED,
            "budget_pixels": UNLIMITED,
            "deadline_s": float(UNLIMITED),
            "upload_timeout_s": float(UNLIMITED),
            "wait_share": 1.0,
            "api_keys": (),
            "api_keys_file": None,
            "rate_limit": None,
            "trusted_hosts": (),
        }
    )
