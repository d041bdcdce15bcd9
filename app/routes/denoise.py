"""POST /denoise."""

from functools import partial

from fastapi import APIRouter, Request, Response

from app.answers import common_headers, image_answer
from app.deps import DenoiseQuery, ServiceDep
from app.errors import InvalidParameter
from app.images import Picture, decode, encode
from app.negotiation import answer_format, check_quality
from app.openapi import IMAGE_RESPONSES, upload_body
from app.options import DenoiseOptions
from app.registry import Engine
from app.uploads import read_upload
from app.workers import Timings
from models.card import ModelCard
from models.denoising import denoise
from models.noise import estimate_sigma
from models.pixels import ByteImage

router = APIRouter(tags=["images"])


@router.post(
    "/denoise",
    summary="Remove noise from a picture",
    response_class=Response,
    responses=IMAGE_RESPONSES,
    openapi_extra=upload_body(DenoiseOptions),
)
async def denoise_picture(request: Request, query: DenoiseQuery, service: ServiceDep) -> Response:
    """Answer the picture with its noise removed: same size, channels, alpha, ICC profile and DPI."""
    upload = await read_upload(request)
    options = query.merged(upload.form)
    engine = service.registry.get_for("denoise", options.model or service.settings.default_denoise)
    _check_controls(options, engine.card)
    timings = Timings()
    picture = await service.workers.codec(timings, "decode", partial(decode, upload.data, service.settings.max_pixels))
    format_ = answer_format(options.format, request.headers.get("Accept"), picture.format)
    check_quality(options.quality, format_)
    pixels, sigma = await service.workers.infer(
        timings, partial(_clean, engine, picture, options, service.settings.tile)
    )
    body, lost = await service.workers.codec(
        timings, "encode", partial(encode, pixels, picture, format_, options.quality)
    )
    headers = common_headers(engine.card, timings)
    if sigma is not None:
        headers["X-Noise-Sigma"] = f"{sigma:.2f}"
    return image_answer(body, format_, headers, [*picture.warnings, *lost])


def _check_controls(options: DenoiseOptions, card: ModelCard) -> None:
    for name in ("sigma", "strength"):
        if name in options.model_fields_set and name not in card.controls:
            raise InvalidParameter(
                f"{name} is no option of {card.name}; its options: {', '.join(card.controls) or 'none'}"
            )


def _clean(engine: Engine, picture: Picture, options: DenoiseOptions, tile: int) -> tuple[ByteImage, float | None]:
    """Return the denoised pixels and the noise level that was used, None for a model without that input."""
    if "sigma" not in engine.card.controls:
        return denoise(picture.pixels, engine.run, engine.card.input, tile=tile), None
    if not options.strength:
        return picture.pixels, 0.0
    level = estimate_sigma(picture.pixels) if options.sigma == "auto" else options.sigma
    level *= options.strength
    if not level:
        return picture.pixels, 0.0
    return denoise(picture.pixels, engine.run, engine.card.input, tile=tile, sigma=level), level
