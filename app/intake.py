"""What every upload goes through before a model sees it: admission, body, options, model, picture and mask."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from fastapi import Request

from app.admission import REQUEST_BYTES, Claim
from app.batching import work_of
from app.codecs.picture import Frame, Header, Picture
from app.deadline import in_time, seconds_for
from app.masks import MaskFile, open_mask, read_mask
from app.multipart import MASK
from app.options import Options
from app.registry import Engine, Function
from app.service import Service
from app.timings import Timings
from app.uploads import declared_length, read_upload
from models.card import Task
from models.pixels import Mask

OptionsT = TypeVar("OptionsT", bound=Options)
ReadT = TypeVar("ReadT", bound=Options, covariant=True)


@dataclass
class Intake(Generic[ReadT]):
    """A checked request: its options, the model it is for, the decoded picture, and what it may use.

    `mask` tells which pixels of each frame to repair, (H, W); None without one. `name` is the uploaded file's.
    `deadline` is on the clock of `time.monotonic`.
    """

    options: ReadT
    engine: Engine
    picture: Picture
    mask: Mask | None
    name: str | None
    timings: Timings
    claim: Claim
    deadline: float

    def show(self, frames: Sequence[Frame]) -> None:
        """Put what became of the frames in their place: from here on, it is all that is needed."""
        self.picture = replace(self.picture, frames=tuple(frames))


@asynccontextmanager
async def admitted(
    request: Request, kind: type[OptionsT], service: Service, task: Task, default: str, *, others: Collection[str] = ()
) -> AsyncIterator[Intake[OptionsT]]:
    """Read and check a request for a model of `task`, `default` unless the client names one.

    Options, of the `kind` given, come from the query or, in a form, from its fields; beside the picture, a form may
    have a file in each of the fields `others`. What runs inside is cancelled when the deadline is over or the client
    hangs up. Raises the errors of app.errors for clients, and app.deadline.ClientGone.
    """
    service.draining.check_open()
    service.registry.all()
    query = kind.parse(request.query_params.multi_items())
    settings = service.settings
    claim = service.admission.claim(declared_length(request, settings.max_body_bytes))
    try:
        upload = await read_upload(
            request, claim, limit=settings.max_body_bytes, seconds=settings.upload_timeout_s, others=others
        )
        options = query.merged(upload.form)
        engine = service.registry.get_for(task, options.model or default)
        options.check_controls(engine.card, (MASK,) if upload.mask else ())
        timings = Timings.of(request.scope)
        async with in_time(request, seconds_for(0, settings.deadline_s)) as deadline:
            with service.scheduler.expecting():
                header, picture = await service.transcoder.open(claim, timings, upload.file)
                timings.pixels = header.pixels
                opened = await open_mask(service, claim, timings, upload.mask) if upload.mask else None
                cost = engine.card.kmac_per_pixel
                seconds = seconds_for(header.pixels * options.passes, settings.deadline_s, cost)
                claim.take(_pixels(options, header, opened), _work(options, engine, header, settings.tile), seconds)
                deadline.move(seconds)
                if picture is None:
                    picture = await service.transcoder.decode(claim, timings, upload.file, header)
                mask = await read_mask(service, claim, timings, opened, picture) if opened else None
            intake = Intake(options, engine, picture, mask, upload.name, timings, claim, deadline.end)
            claim.add_bytes(REQUEST_BYTES - claim.bytes)
            del upload, picture, opened, mask  # nothing here may keep the file or the pixels while the network runs
            yield intake
    finally:
        claim.release()


def _pixels(options: Options, header: Header, mask: MaskFile | None) -> int:
    """Return the pixels that a request holds, as those of 8 bits."""
    beside = mask.header.pixels * mask.header.depth // 8 if mask else 0
    return header.pixels * options.widened * header.depth // 8 + beside


def _work(options: Options, engine: Engine, header: Header, tile: int) -> float:
    function: Function = "run" if header.depth == 8 else "run_float32"
    turned = options.passes > 1
    work = options.passes * sum(work_of(engine, function, *size, tile, turnable=turned) for size in header.sizes)
    if options.looks(engine.card):
        work += sum(work_of(engine, "estimate", *size, tile) for size in header.sizes)
    return work
