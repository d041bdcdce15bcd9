"""POST /reconstruct."""

from dataclasses import dataclass
from functools import partial

from fastapi import APIRouter, Request, Response

from app.answers import picture_answer
from app.deps import ServiceDep
from app.inference import code
from app.intake import admitted
from app.negotiation import answer_format
from app.openapi import IMAGE_RESPONSES, upload
from app.options import ReconstructOptions
from models.autoencoding import Coding, anomaly_score, reconstruction_error, to_picture
from models.card import Input, ModelCard
from models.pixels import ByteImage

router = APIRouter(tags=["images"])


@dataclass(frozen=True)
class _Reconstruction:
    pixels: ByteImage
    error: float
    score: float


@router.post(
    "/reconstruct",
    summary="Reconstruct a picture by an autoencoder, with an anomaly score",
    response_class=Response,
    responses=IMAGE_RESPONSES,
    openapi_extra=upload(ReconstructOptions),
)
async def reconstruct_picture(request: Request, service: ServiceDep) -> Response:
    """Answer what the autoencoder makes of the picture, at the picture's own size.

    The model sees the picture at its own input size (and in gray, if it is a gray model); X-Warnings says so.
    """
    async with admitted(
        request, ReconstructOptions, service, "autoencode", service.settings.default_reconstruct
    ) as intake:
        format_ = answer_format(request, intake.options, intake.picture.format)
        coding = await code(service, intake, "run")
        pixels = intake.picture.pixels
        work = partial(_reconstruction, intake.engine.card, coding, pixels)
        result = await service.workers.run(intake.claim, intake.timings, "infer", pixels.size, work)
        headers = {"X-Reconstruction-Error": f"{result.error:.6f}", "X-Anomaly-Score": f"{result.score:.4f}"}
        warnings = _conversions(intake.engine.card.input, pixels)
        return await picture_answer(service, intake, result.pixels, format_, headers, warnings)


def _reconstruction(card: ModelCard, coding: Coding, pixels: ByteImage) -> _Reconstruction:
    if card.anomaly is None:
        raise TypeError(f"{card.reference} is no autoencoder")
    error = reconstruction_error(coding.image, coding.output)
    return _Reconstruction(to_picture(coding.output, *pixels.shape), error, anomaly_score(error, card.anomaly))


def _conversions(spec: Input, pixels: ByteImage) -> list[str]:
    """Return what the model could not see of the picture."""
    height, width, channels = pixels.shape
    found = []
    if (height, width) != (spec.height, spec.width):
        found.append(f"the model saw the picture resized to {spec.width} x {spec.height}")
    if channels > spec.channels:
        found.append("the model saw the picture in gray")
    return found
