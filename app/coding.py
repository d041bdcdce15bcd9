"""The frames of a picture on their way through an autoencoder, and what it could not see of them."""

from collections.abc import Sequence
from functools import partial
from typing import TypeVar

from app.codecs.picture import Frame
from app.errors import InvalidParameter
from app.inference import run_network
from app.intake import Intake
from app.options import CodingOptions
from app.registry import Function
from app.service import Service
from models.autoencoding import Coding, Sight, Whole, whole
from models.card import Input
from models.handwriting import NoInk, handwritten

OptionsT = TypeVar("OptionsT", bound=CodingOptions)


async def code(service: Service, intake: Intake[OptionsT], function: Function, frames: Sequence[Frame]) -> list[Coding]:
    """Make frames fit for an autoencoder and run it, or its encoder.

    Raises InvalidParameter for a frame without the ink that the client says is there.
    """
    spec, paper, premultiplied = intake.engine.card.input, intake.options.paper, intake.picture.premultiplied
    codings = []
    for frame in frames:
        fit = partial(_seen, frame, spec, paper=paper, premultiplied=premultiplied)
        codings.append(Coding(await service.workers.run(intake.claim, intake.timings, "infer", frame.size.pixels, fit)))
    await run_network(service, intake, function, codings)
    intake.claim.settle()
    return codings


def unseen(spec: Input, codings: Sequence[Coding], frames: Sequence[Frame]) -> list[str]:
    """Return what the model could not see of the frames that it saw whole."""
    seen = [(coding.sight, frame) for coding, frame in zip(codings, frames, strict=True)]
    wholes = [(sight, frame) for sight, frame in seen if isinstance(sight, Whole)]
    found = []
    if any(frame.size != (spec.height, spec.width) for _, frame in wholes):
        found.append(f"the model saw the picture resized to {spec.width} x {spec.height}")
    if any(frame.pixels.shape[2] > spec.channels for _, frame in wholes):
        found.append("the model saw the picture in gray")
    if any(sight.laid for sight, _ in wholes):
        found.append(f"the model saw the picture laid on {spec.background}")
    return found


def _seen(frame: Frame, spec: Input, *, paper: bool, premultiplied: bool) -> Sight:
    """Return what the model sees of a frame; in a thread."""
    if not paper:
        return whole(frame.pixels, frame.alpha, spec, premultiplied=premultiplied)
    try:
        return handwritten(frame.pixels, frame.alpha, spec, premultiplied=premultiplied)
    except NoInk as error:
        raise InvalidParameter(f"paper: {error}") from error
