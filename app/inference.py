"""A request's work through the scheduler."""

from functools import partial
from typing import Any

from app.intake import Intake
from app.scheduler import Function, Work
from app.service import Service
from models.autoencoding import Coding, to_input


async def run_network(service: Service, intake: Intake[Any], function: Function, work: Work) -> None:
    """Run `work` by the request's engine; its waiting and running go into the request's timings."""
    queued, ran = await service.scheduler.run(intake.engine, function, work, intake.claim, intake.deadline)
    intake.timings.add("queue", queued)
    intake.timings.add("infer", ran)


async def code(service: Service, intake: Intake[Any], function: Function) -> Coding:
    """Make the picture fit for an autoencoder and run it, or its encoder."""
    pixels = intake.picture.pixels
    fit = partial(to_input, pixels, intake.engine.card.input)
    coding = Coding(await service.workers.run(intake.claim, intake.timings, "infer", pixels.size, fit))
    await run_network(service, intake, function, coding)
    return coding
