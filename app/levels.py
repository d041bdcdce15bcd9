"""How much noise to remove from each frame of a picture: what the request says, or what is found in the frame."""

from collections.abc import Sequence
from functools import partial

from app.codecs.picture import Frame
from app.inference import run_network
from app.intake import Intake
from app.options import DenoiseOptions
from app.service import Service
from models.card import Estimator
from models.estimating import Estimating
from models.noise_map import Level, NoiseMap

NOTHING = 0.6
"""A level, 0-255 scale, that is not worth a network: less than a pixel's step, and what is found in flat pictures."""


async def levels_of(
    service: Service, intake: Intake[DenoiseOptions], frames: Sequence[Frame]
) -> Sequence[Level | None]:
    """Return the noise to remove from each frame: None for a model that is not told, 0 where there is nothing to do."""
    options, card = intake.options, intake.engine.card
    if card.estimator is None:
        return [None] * len(frames)
    if not options.strength:
        return [0.0] * len(frames)
    if options.sigma != "auto":
        return [options.sigma * options.strength] * len(frames)
    return await _from_network(service, intake, frames, card.estimator)


def shown(level: Level | None) -> float | None:
    """Return a level as one number: the mean of a map."""
    return level.mean if isinstance(level, NoiseMap) else level


async def _from_network(
    service: Service, intake: Intake[DenoiseOptions], frames: Sequence[Frame], spec: Estimator
) -> Sequence[Level]:
    begin = partial(_works, frames, spec, service.settings.tile)
    pixels = intake.picture.pixels
    works = await service.workers.run(intake.claim, intake.timings, "infer", pixels, begin)
    await run_network(service, intake, "estimate", works)
    end = partial(_to_remove, works, intake.options.strength)
    return await service.workers.run(intake.claim, intake.timings, "infer", pixels, end)


def _works(frames: Sequence[Frame], spec: Estimator, tile: int) -> list[Estimating]:
    """Return the frames as works; for a thread, as their hidden pixels have to be looked at."""
    return [Estimating(frame.pixels, spec, tile=tile, alpha=frame.alpha) for frame in frames]


def _to_remove(works: Sequence[Estimating], strength: float) -> list[Level]:
    maps = [work.noise_map.scaled(strength) for work in works]
    return [found if found.levels.max() >= NOTHING else 0.0 for found in maps]
