"""What every upload goes through before a model sees it: admission, body, options, model, picture."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from typing import Generic, TypeVar

from fastapi import Request

from app.admission import REQUEST_BYTES, Claim
from app.batching import work_of
from app.deadline import in_time, seconds_for
from app.images import Header, Picture, decode, inspect
from app.options import Options
from app.registry import Engine
from app.service import Service
from app.timings import Timings
from app.uploads import declared_length, read_upload
from models.card import Task

SMALL_PIXELS = 2**16
"""A picture up to this size is decoded in one go with its header: its memory is nothing to be careful about."""

OptionsT = TypeVar("OptionsT", bound=Options)
ReadT = TypeVar("ReadT", bound=Options, covariant=True)


@dataclass
class Intake(Generic[ReadT]):
    """A checked request: its options, the model it is for, the decoded picture, and what it may use.

    `deadline` is on the clock of `time.monotonic`.
    """

    options: ReadT
    engine: Engine
    picture: Picture
    timings: Timings
    claim: Claim
    deadline: float

    def forget_pixels(self) -> None:
        """Let go of the decoded pixels: from here on, what was made of them is all that is needed."""
        self.picture = replace(self.picture, pixels=self.picture.pixels[:0].copy())


@asynccontextmanager
async def admitted(
    request: Request, kind: type[OptionsT], service: Service, task: Task, default: str
) -> AsyncIterator[Intake[OptionsT]]:
    """Read and check a request for a model of `task`, `default` unless the client names one.

    Options, of the `kind` given, come from the query or, in a form, from its fields. What runs inside is cancelled when
    the deadline is over or the client hangs up. Raises the errors of app.errors for clients, and
    app.deadline.ClientGone.
    """
    service.registry.all()
    query = kind.parse(request.query_params.multi_items())
    settings = service.settings
    claim = service.admission.claim(declared_length(request, settings.max_body_bytes))
    try:
        upload = await read_upload(request, claim, limit=settings.max_body_bytes, seconds=settings.upload_timeout_s)
        options = query.merged(upload.form)
        engine = service.registry.get_for(task, options.model or default)
        options.check_controls(engine.card)
        timings = Timings()
        with service.scheduler.expecting():
            header, picture = await _open(service, claim, timings, upload.file)
        seconds = seconds_for(header.pixels, settings.deadline_s)
        claim.take(header.pixels, work_of(engine, header.height, header.width, settings.tile), seconds)
        async with in_time(request, seconds):
            if picture is None:
                with service.scheduler.expecting():
                    picture = await service.workers.run(
                        claim, timings, "decode", header.pixels, partial(decode, upload.file, header)
                    )
            intake = Intake(options, engine, picture, timings, claim, time.monotonic() + seconds)
            claim.add_bytes(REQUEST_BYTES - claim.bytes)
            del upload, picture  # nothing here may keep the file or the pixels while the network runs
            yield intake
    finally:
        claim.release()


async def _open(service: Service, claim: Claim, timings: Timings, file: BytesIO) -> tuple[Header, Picture | None]:
    """Return a picture's header, and at once the picture too if it is small."""

    def work() -> tuple[Header, Picture | None]:
        header = inspect(file, service.settings.max_pixels)
        return header, decode(file, header) if header.pixels <= SMALL_PIXELS else None

    return await service.workers.run(claim, timings, "decode", 0, work)
