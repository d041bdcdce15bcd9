"""The frames of a picture through an autoencoder, and what is shown of that."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from statistics import fmean

from app.codecs.metadata import portable
from app.codecs.picture import Frame, Picture
from app.coding import code, unseen
from app.intake import Intake
from app.options import ReconstructOptions
from app.service import Service
from models.anomaly import anomaly_score
from models.autoencoding import Coding, Sight, Whole, reconstruction_error, resize, to_picture
from models.card import ModelCard
from models.error_map import heat_map, pixel_errors
from models.pixels import to_float, to_samples
from models.transparency import undo_premultiplied
from models.views import beside


@dataclass(frozen=True)
class Result:
    """What the request asks to see, the mean squared error of all frames, and the highest anomaly score.

    The error is that of pixels in 0-1. `warnings` says what was converted or lost.
    """

    picture: Picture
    error: float
    score: float
    warnings: list[str]


async def reconstruct(service: Service, intake: Intake[ReconstructOptions]) -> Result:
    """Run every frame through the autoencoder, and put what the request asks to see in its place."""
    codings = await code(service, intake, "run", intake.picture.frames)
    _hold(intake, codings)
    work = partial(_result, intake.engine.card, intake.options, intake.picture, codings)
    result = await service.workers.run(intake.claim, intake.timings, "infer", intake.picture.pixels, work)
    intake.picture = result.picture
    return result


def _hold(intake: Intake[ReconstructOptions], codings: Sequence[Coding]) -> None:
    """Count the pixels that the network made, where those are more than the picture's own."""
    made = intake.options.widened * sum(coding.shape[0] * coding.shape[1] for coding in codings)
    if made > intake.claim.pixels:
        intake.claim.add_pixels(made - intake.claim.pixels)


def _result(card: ModelCard, options: ReconstructOptions, picture: Picture, codings: Sequence[Coding]) -> Result:
    if card.anomaly is None:
        raise TypeError(f"{card.reference} is no autoencoder")
    scale = card.anomaly.error_scale
    shown = [_shown(options, frame, coding, scale) for frame, coding in zip(_straight(picture), codings, strict=True)]
    answer, lost = _fitting(replace(picture, frames=tuple(shown), premultiplied=False), picture, options)
    errors = [reconstruction_error(coding.sight.image, coding.output) for coding in codings]
    scores = [anomaly_score(coding.sight.image, coding.output, card.anomaly) for coding in codings]
    return Result(answer, fmean(errors), max(scores), [*unseen(card.input, codings, picture.frames), *lost])


def _straight(picture: Picture) -> tuple[Frame, ...]:
    """Return the frames with colours that are not multiplied with alpha, as those of a reconstruction are not."""
    if not picture.premultiplied:
        return picture.frames
    return tuple(
        frame if frame.alpha is None else replace(frame, pixels=undo_premultiplied(frame.pixels, frame.alpha))
        for frame in picture.frames
    )


def _shown(options: ReconstructOptions, frame: Frame, coding: Coding, scale: float) -> Frame:
    """Return the view of one frame that the request asks for."""
    frame, sight = _as_seen(frame, coding.sight) if options.size == "model" else (frame, coding.sight)
    if options.output == "error-map":
        errors = sight.spread(pixel_errors(coding.sight.image, coding.output), *frame.size)
        return replace(frame, pixels=heat_map(frame.pixels, errors, scale))
    after = sight.placed(coding.output, frame.pixels)
    if options.output == "comparison":
        alpha = None if frame.alpha is None else beside(frame.alpha, frame.alpha)
        return replace(frame, pixels=beside(frame.pixels, after), alpha=alpha)
    return replace(frame, pixels=after)


def _as_seen(frame: Frame, sight: Sight) -> tuple[Frame, Whole]:
    """Return a frame as the model sees it, with the picture's channels and depth, and its alpha if it is all there."""
    height, width = sight.image.shape[:2]
    pixels = to_picture(sight.image, height, width, frame.pixels.shape[2], dtype=frame.pixels.dtype)
    alpha = None
    if frame.alpha is not None and isinstance(sight, Whole):
        alpha = to_samples(resize(to_float(frame.alpha), height, width), frame.alpha.dtype)
    return replace(frame, pixels=pixels, alpha=alpha), Whole(sight.image)


def _fitting(answer: Picture, picture: Picture, options: ReconstructOptions) -> tuple[Picture, list[str]]:
    """Return the answer without what of the file is no longer right for it, and what that is."""
    lost = []
    if options.size == "model":
        lost += ["the resolution was dropped: the answer has the model's size"] if picture.dpi else []
        exif = answer.exif and portable(answer.exif, answer.frames[0].size)
        answer = replace(answer, dpi=None, exif=exif)
    if answer.icc and answer.frames[0].pixels.shape[2] > picture.frames[0].pixels.shape[2]:
        lost.append("the colour profile was dropped: it is for gray, and an error map has colours")
        answer = replace(answer, icc=None)
    return answer, lost
