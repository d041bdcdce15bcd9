"""POST /denoise."""

from statistics import fmean

from fastapi import APIRouter, Request, Response

from app.answers import picture_answer
from app.cleaning import clean
from app.deps import ServiceDep
from app.intake import admitted
from app.multipart import MASK
from app.negotiation import answer_format
from app.openapi import picture_responses, upload
from app.options import DenoiseOptions

router = APIRouter(tags=["images"])

MASK_IS = "which pixels to repair: white ones, in a picture of the same size; for models with the control `mask`"


@router.post(
    "/denoise",
    summary="Remove noise from a picture",
    response_class=Response,
    responses=picture_responses("X-Noise-Sigma"),
    openapi_extra=upload(DenoiseOptions, {MASK: MASK_IS}),
)
async def denoise_picture(request: Request, service: ServiceDep) -> Response:
    """Answer the picture with its noise removed: same size, channels, alpha, ICC profile and DPI.

    `output=residual` answers what was removed, around mid-gray; `output=comparison` the picture before beside after.
    A form may have a second picture, `mask`, for a model with that control: it repairs what is white there, and all
    other pixels come back as they were.
    """
    default = service.settings.default_denoise
    async with admitted(request, DenoiseOptions, service, "denoise", default, others=(MASK,)) as intake:
        format_ = answer_format(request, intake.options, intake.picture)
        levels = await clean(service, intake)
        known = [level for level in levels if level is not None]
        headers = {"X-Noise-Sigma": f"{fmean(known):.2f}"} if known else {}
        return await picture_answer(service, intake, format_, headers)
