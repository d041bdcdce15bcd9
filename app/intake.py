"""What every upload goes through before a model sees it: body, options, model, picture."""

from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from fastapi import Request

from app.images import Picture, decode
from app.options import Options
from app.registry import Engine
from app.service import Service
from app.uploads import read_upload
from app.workers import Timings
from models.card import Task

OptionsT = TypeVar("OptionsT", bound=Options)
ReadT = TypeVar("ReadT", bound=Options, covariant=True)


@dataclass(frozen=True)
class Intake(Generic[ReadT]):
    """A checked request: its options, the model it is for, the decoded picture, and the time that took."""

    options: ReadT
    engine: Engine
    picture: Picture
    timings: Timings


async def take_in(request: Request, query: OptionsT, service: Service, task: Task, default: str) -> Intake[OptionsT]:
    """Read and check a request for a model of `task`, `default` unless the client names one.

    Options come from the query or, in a form, from its fields. Raises the errors of app.errors for clients.
    """
    upload = await read_upload(request)
    options = query.merged(upload.form)
    engine = service.registry.get_for(task, options.model or default)
    options.check_controls(engine.card)
    timings = Timings()
    work = partial(decode, upload.data, service.settings.max_pixels)
    picture = await service.workers.codec(timings, "decode", work)
    return Intake(options, engine, picture, timings)
