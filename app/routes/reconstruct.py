"""POST /reconstruct."""

from dataclasses import dataclass
from functools import partial

from fastapi import APIRouter, Request, Response

from app.answers import common_headers, image_answer
from app.deps import ReconstructQuery, ServiceDep
from app.images import Picture, decode, encode
from app.negotiation import answer_format, check_quality
from app.openapi import IMAGE_RESPONSES, upload_body
from app.options import ReconstructOptions
from app.registry import Engine
from app.uploads import read_upload
from app.workers import Timings
from models.autoencoding import anomaly_score, reconstruction_error, to_input, to_picture
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
    openapi_extra=upload_body(ReconstructOptions),
)
async def reconstruct_picture(request: Request, query: ReconstructQuery, service: ServiceDep) -> Response:
    """Answer what the autoencoder makes of the picture, at the picture's own size.

    The model sees the picture at its own input size (and in gray, if it is a gray model); X-Warnings says so.
    """
    upload = await read_upload(request)
    options = query.merged(upload.form)
    engine = service.registry.get_for("autoencode", options.model or service.settings.default_reconstruct)
    timings = Timings()
    picture = await service.workers.codec(timings, "decode", partial(decode, upload.data, service.settings.max_pixels))
    format_ = answer_format(options.format, request.headers.get("Accept"), picture.format)
    check_quality(options.quality, format_)
    result = await service.workers.infer(timings, partial(_reconstruct, engine, picture))
    body, lost = await service.workers.codec(
        timings, "encode", partial(encode, result.pixels, picture, format_, options.quality)
    )
    headers = common_headers(engine.card, timings) | {
        "X-Reconstruction-Error": f"{result.error:.6f}",
        "X-Anomaly-Score": f"{result.score:.4f}",
    }
    return image_answer(body, format_, headers, [*picture.warnings, *_conversions(engine, picture), *lost])


def _reconstruct(engine: Engine, picture: Picture) -> _Reconstruction:
    card = engine.card
    if card.anomaly is None:
        raise TypeError(f"{card.reference} is no autoencoder")
    image = to_input(picture.pixels, card.input)
    output = engine.run({"image": image})
    error = reconstruction_error(image, output)
    height, width, channels = picture.pixels.shape
    return _Reconstruction(to_picture(output[0], height, width, channels), error, anomaly_score(error, card.anomaly))


def _conversions(engine: Engine, picture: Picture) -> list[str]:
    """Return what the model could not see of the picture."""
    spec = engine.card.input
    height, width, channels = picture.pixels.shape
    found = []
    if (height, width) != (spec.height, spec.width):
        found.append(f"the model saw the picture resized to {spec.width} x {spec.height}")
    if channels > spec.channels:
        found.append("the model saw the picture in gray")
    return found
