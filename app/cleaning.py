"""The frames of a picture through a denoiser, and what is shown of that."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from app.codecs.picture import Frame, Picture
from app.inference import run_network
from app.intake import Intake
from app.levels import Removal, removals_of
from app.options import DenoiseOptions
from app.scheduler import Work
from app.service import Service
from models.denoising import Denoising
from models.ensemble import in_all_turns
from models.masks import Hidden
from models.pixels import Mask, Samples
from models.transparency import fill_hidden, restore_hidden, undo_premultiplied
from models.views import beside, residual

View = Callable[[Frame, Frame], Frame]


async def clean(service: Service, intake: Intake[DenoiseOptions]) -> list[float | None]:
    """Put what the request asks to see in the place of every frame; return the noise level of each."""
    frames = [await _revealed(service, intake, frame) for frame in intake.picture.frames]
    removals = await removals_of(service, intake, frames)
    cleaned = await _clean(service, intake, frames, removals)
    intake.claim.settle()
    view = _VIEWS.get(intake.options.output)
    if view:
        work = partial(_viewed, view, intake.picture, cleaned)
        intake.picture = await service.workers.run(intake.claim, intake.timings, "infer", intake.picture.pixels, work)
    else:
        intake.show(cleaned)
    return [removal.shown for removal in removals]


async def _revealed(service: Service, intake: Intake[DenoiseOptions], frame: Frame) -> Frame:
    """Return a frame whose hidden pixels have colours like their neighbours', lest others bleed into these."""
    if frame.alpha is None or intake.picture.premultiplied or not intake.options.strength:
        return frame
    work = partial(_filled, frame.pixels, frame.alpha, intake.mask, intake.engine.card.input.halo)
    pixels = await service.workers.run(intake.claim, intake.timings, "infer", frame.size.pixels, work)
    return replace(frame, pixels=pixels)


def _filled(pixels: Samples, alpha: Samples, mask: Mask | None, reach: int) -> Samples:
    """Fill the hidden pixels with visible colours, but with none that a mask is to take away."""
    return fill_hidden(pixels, alpha if mask is None else np.where(mask, alpha.dtype.type(0), alpha), reach)


async def _clean(
    service: Service, intake: Intake[DenoiseOptions], frames: Sequence[Frame], removals: Sequence[Removal]
) -> list[Frame]:
    """Return the frames without their noise, or with their holes filled; 16 bits need more precision than 8."""
    works = await _works(service, intake, frames, removals)
    deep = any(frame.pixels.itemsize > 1 for frame in frames)
    for expert in {removals[index].expert for index in works}:
        engine = intake.engine.experts[expert] if expert else intake.engine
        parts = _parts([work for index, work in works.items() if removals[index].expert == expert], intake.options)
        await run_network(service, intake, "run_float32" if deep else "run", parts, engine=engine)
    return [
        await _hidden_again(service, intake, replace(frame, pixels=works[index].clean), original)
        if index in works
        else original
        for index, (frame, original) in enumerate(zip(frames, intake.picture.frames, strict=True))
    ]


def _parts(works: Sequence[Denoising], options: DenoiseOptions) -> list[Work]:
    """Return what a network has to run for `works`: nothing where no pixel is to change."""
    needed = [work for work in works if work.count]
    return [part for work in needed for part in in_all_turns(work)] if options.ensemble else [*needed]


async def _works(
    service: Service, intake: Intake[DenoiseOptions], frames: Sequence[Frame], removals: Sequence[Removal]
) -> dict[int, Denoising]:
    """Return the frames that there is something to do for as works, by their index.

    Without a mask, that takes no time for one frame: a list of its tiles. Else it is for a thread: known pixels are
    copied and hidden ones looked for.
    """
    begin = partial(_begun, intake, frames, removals, service.settings.tile)
    if intake.mask is None and len(frames) == 1:
        return begin()
    return await service.workers.run(intake.claim, intake.timings, "infer", intake.picture.pixels, begin)


def _begun(
    intake: Intake[DenoiseOptions], frames: Sequence[Frame], removals: Sequence[Removal], tile: int
) -> dict[int, Denoising]:
    card, turnable = intake.engine.card, intake.options.ensemble
    unknown: Hidden | None = "auto" if "mask" in card.controls else None
    mask = unknown if intake.mask is None else intake.mask
    return {
        index: Denoising(frame.pixels, card.input, tile=tile, sigma=removal.level, mask=mask, turnable=turnable)
        for index, (frame, removal) in enumerate(zip(frames, removals, strict=True))
        if removal.level != 0
    }


async def _hidden_again(service: Service, intake: Intake[DenoiseOptions], frame: Frame, original: Frame) -> Frame:
    """Return a clean frame with the original's colours where nothing is to be seen of them."""
    if frame.alpha is not None:
        work = partial(restore_hidden, frame.pixels, original.pixels, frame.alpha)
        await service.workers.run(intake.claim, intake.timings, "infer", frame.size.pixels, work)
    return frame


def _viewed(view: View, picture: Picture, cleaned: Sequence[Frame]) -> Picture:
    """Return the view of every frame; differences of colours that are multiplied with alpha would look like nothing."""
    before, after = list(picture.frames), list(cleaned)
    if picture.premultiplied:
        before, after = [_straight(frame) for frame in before], [_straight(frame) for frame in after]
    shown = tuple(view(*both) for both in zip(before, after, strict=True))
    return replace(picture, frames=shown, premultiplied=False)


def _straight(frame: Frame) -> Frame:
    return frame if frame.alpha is None else replace(frame, pixels=undo_premultiplied(frame.pixels, frame.alpha))


def _residual(before: Frame, after: Frame) -> Frame:
    return replace(after, pixels=residual(before.pixels, after.pixels))


def _comparison(before: Frame, after: Frame) -> Frame:
    alpha = None if before.alpha is None or after.alpha is None else beside(before.alpha, after.alpha)
    return replace(after, pixels=beside(before.pixels, after.pixels), alpha=alpha)


_VIEWS: dict[str, View] = {"residual": _residual, "comparison": _comparison}
