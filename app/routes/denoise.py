"""POST /denoise."""

from functools import partial

from fastapi import APIRouter, Request, Response

from app.answers import picture_answer
from app.deps import DenoiseQuery, ServiceDep
from app.intake import take_in
from app.negotiation import answer_format
from app.openapi import IMAGE_RESPONSES, upload_body
from app.options import DenoiseOptions
from app.registry import Engine
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
    intake = await take_in(request, query, service, "denoise", service.settings.default_denoise)
    format_ = answer_format(request, intake.options, intake.picture.format)
    work = partial(_clean, intake.engine, intake.picture.pixels, intake.options, service.settings.tile)
    pixels, sigma = await service.workers.infer(intake.timings, work)
    headers = {} if sigma is None else {"X-Noise-Sigma": f"{sigma:.2f}"}
    return await picture_answer(service, intake, pixels, format_, headers)


def _clean(engine: Engine, pixels: ByteImage, options: DenoiseOptions, tile: int) -> tuple[ByteImage, float | None]:
    """Return the denoised pixels and the noise level that was used, None for a model without that input."""
    if "sigma" not in engine.card.controls:
        return denoise(pixels, engine.run, engine.card.input, tile=tile), None
    level = _level(pixels, options)
    if not level:
        return pixels, 0.0
    return denoise(pixels, engine.run, engine.card.input, tile=tile, sigma=level), level


def _level(pixels: ByteImage, options: DenoiseOptions) -> float:
    """Return the noise level to remove; 0 means that there is nothing to do."""
    if not options.strength:
        return 0.0
    sigma = estimate_sigma(pixels) if options.sigma == "auto" else options.sigma
    return sigma * options.strength
