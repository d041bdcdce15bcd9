"""POST /denoise."""

from functools import partial

from fastapi import APIRouter, Request, Response

from app.answers import picture_answer
from app.deps import ServiceDep
from app.inference import run_network
from app.intake import Intake, admitted
from app.negotiation import answer_format
from app.openapi import IMAGE_RESPONSES, upload
from app.options import DenoiseOptions
from app.service import Service
from models.denoising import Denoising
from models.noise import estimate_sigma
from models.pixels import ByteImage

router = APIRouter(tags=["images"])


@router.post(
    "/denoise",
    summary="Remove noise from a picture",
    response_class=Response,
    responses=IMAGE_RESPONSES,
    openapi_extra=upload(DenoiseOptions),
)
async def denoise_picture(request: Request, service: ServiceDep) -> Response:
    """Answer the picture with its noise removed: same size, channels, alpha, ICC profile and DPI."""
    async with admitted(request, DenoiseOptions, service, "denoise", service.settings.default_denoise) as intake:
        format_ = answer_format(request, intake.options, intake.picture.format)
        level = await _level(service, intake)
        pixels = intake.picture.pixels if level == 0 else await _clean(service, intake, level)
        headers = {} if level is None else {"X-Noise-Sigma": f"{level:.2f}"}
        return await picture_answer(service, intake, pixels, format_, headers)


async def _level(service: Service, intake: Intake[DenoiseOptions]) -> float | None:
    """Return the noise level to remove: None for a model that is not told, 0 where there is nothing to do."""
    options, pixels = intake.options, intake.picture.pixels
    if "sigma" not in intake.engine.card.controls:
        return None
    if not options.strength:
        return 0.0
    if options.sigma != "auto":
        return options.sigma * options.strength
    work = partial(estimate_sigma, pixels)
    sigma = await service.workers.run(intake.claim, intake.timings, "infer", pixels.shape[0] * pixels.shape[1], work)
    return sigma * options.strength


async def _clean(service: Service, intake: Intake[DenoiseOptions], level: float | None) -> ByteImage:
    spec, tile = intake.engine.card.input, service.settings.tile
    work = Denoising(intake.picture.pixels, spec, tile=tile, sigma=level)
    await run_network(service, intake, "run", work)
    intake.forget_pixels()
    return work.clean
