"""What to remove from each frame of a picture: how much noise, as told or as found, and by which of the networks."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from app.codecs.picture import Frame
from app.inference import run_network
from app.intake import Intake
from app.options import DenoiseOptions
from app.service import Service
from models.card import Estimator, Expert
from models.estimating import Estimating
from models.experts import expert_for
from models.noise_map import Level, NoiseMap, worth_removing


@dataclass(frozen=True)
class Removal:
    """The noise to remove from a frame: None for a model that is not told, 0 where there is nothing to do.

    `expert` names the network that does it, None the one for all noise.
    """

    level: Level | None
    expert: Expert | None = None

    @property
    def shown(self) -> float | None:
        """The level as one number: the mean of a map."""
        return self.level.mean if isinstance(self.level, NoiseMap) else self.level


async def removals_of(service: Service, intake: Intake[DenoiseOptions], frames: Sequence[Frame]) -> Sequence[Removal]:
    """Return what to remove from each frame. A told level holds; an estimator may still be asked for the expert."""
    options, card = intake.options, intake.engine.card
    if card.estimator is None:
        return [Removal(None)] * len(frames)
    told = None if options.sigma == "auto" else options.sigma * options.strength
    if not options.looks(card):
        return [Removal(told or 0.0)] * len(frames)
    maps = await _found(service, intake, frames, card.estimator)
    levels = [_worth(found.scaled(options.strength)) if told is None else told for found in maps]
    experts = _experts(card.experts, frames, maps)
    return [Removal(level, expert) for level, expert in zip(levels, experts, strict=True)]


async def _found(
    service: Service, intake: Intake[DenoiseOptions], frames: Sequence[Frame], spec: Estimator
) -> Sequence[NoiseMap]:
    begin = partial(_works, frames, spec, service.settings.tile)
    pixels = intake.picture.pixels
    works = await service.workers.run(intake.claim, intake.timings, "infer", pixels, begin)
    await run_network(service, intake, "estimate", works)
    return await service.workers.run(intake.claim, intake.timings, "infer", pixels, partial(_maps, works))


def _works(frames: Sequence[Frame], spec: Estimator, tile: int) -> list[Estimating]:
    """Return the frames as works; for a thread, as their hidden pixels have to be looked at."""
    return [Estimating(frame.pixels, spec, tile=tile, alpha=frame.alpha) for frame in frames]


def _maps(works: Sequence[Estimating]) -> list[NoiseMap]:
    return [work.noise_map for work in works]


def _worth(level: NoiseMap) -> Level:
    return level if worth_removing(level) else 0.0


def _experts(experts: Sequence[Expert], frames: Sequence[Frame], maps: Sequence[NoiseMap]) -> list[Expert | None]:
    """Return the expert of each frame: frames of one picture have noise of one kind, lest an animation flickers."""
    if not all(found.white for found in maps):
        return [None] * len(frames)
    return [
        expert_for(experts, found, gray=frame.pixels.shape[2] == 1) for frame, found in zip(frames, maps, strict=True)
    ]
