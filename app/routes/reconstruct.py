"""POST /reconstruct."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from statistics import fmean

from fastapi import APIRouter, Request, Response

from app.answers import picture_answer
from app.codecs.picture import Frame
from app.deps import ServiceDep
from app.inference import code
from app.intake import Intake, admitted
from app.negotiation import answer_format
from app.openapi import picture_responses, upload
from app.options import ReconstructOptions
from app.service import Service
from models.autoencoding import Coding, anomaly_score, reconstruction_error, to_picture
from models.card import Input, ModelCard

router = APIRouter(tags=["images"])


@dataclass(frozen=True)
class _Reconstruction:
    frame: Frame
    error: float
    score: float


@router.post(
    "/reconstruct",
    summary="Reconstruct a picture by an autoencoder, with an anomaly score",
    response_class=Response,
    responses=picture_responses("X-Reconstruction-Error", "X-Anomaly-Score"),
    openapi_extra=upload(ReconstructOptions),
)
async def reconstruct_picture(request: Request, service: ServiceDep) -> Response:
    """Answer what the autoencoder makes of the picture, at the picture's own size.

    The model sees the picture at its own input size (and in gray, if it is a gray model); X-Warnings says so.
    """
    async with admitted(
        request, ReconstructOptions, service, "autoencode", service.settings.default_reconstruct
    ) as intake:
        format_ = answer_format(request, intake.options, intake.picture)
        warnings = _conversions(intake.engine.card.input, intake.picture.frames)
        headers = await _reconstruct(service, intake)
        return await picture_answer(service, intake, format_, headers, warnings)


async def _reconstruct(service: Service, intake: Intake[ReconstructOptions]) -> dict[str, str]:
    """Put what the autoencoder makes of the frames in their place; return the mean error and the highest score."""
    frames, card = intake.picture.frames, intake.engine.card
    codings = await code(service, intake, "run", frames)
    work = partial(_reconstructions, card, codings, frames)
    results = await service.workers.run(intake.claim, intake.timings, "infer", intake.picture.pixels, work)
    intake.show([result.frame for result in results])
    return {
        "X-Reconstruction-Error": f"{fmean(result.error for result in results):.6f}",
        "X-Anomaly-Score": f"{max(result.score for result in results):.4f}",
    }


def _reconstructions(card: ModelCard, codings: Sequence[Coding], frames: Sequence[Frame]) -> list[_Reconstruction]:
    return [_reconstruction(card, coding, frame) for coding, frame in zip(codings, frames, strict=True)]


def _reconstruction(card: ModelCard, coding: Coding, frame: Frame) -> _Reconstruction:
    if card.anomaly is None:
        raise TypeError(f"{card.reference} is no autoencoder")
    error = reconstruction_error(coding.image, coding.output)
    pixels = to_picture(coding.output, *frame.pixels.shape, dtype=frame.pixels.dtype)
    return _Reconstruction(replace(frame, pixels=pixels), error, anomaly_score(error, card.anomaly))


def _conversions(spec: Input, frames: Sequence[Frame]) -> list[str]:
    """Return what the model could not see of the picture."""
    found = []
    if any(frame.size != (spec.height, spec.width) for frame in frames):
        found.append(f"the model saw the picture resized to {spec.width} x {spec.height}")
    if any(frame.pixels.shape[2] > spec.channels for frame in frames):
        found.append("the model saw the picture in gray")
    return found
