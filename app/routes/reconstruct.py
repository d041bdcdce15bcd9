"""POST /reconstruct."""

from fastapi import APIRouter, Request, Response

from app.answers import picture_answer
from app.deps import ServiceDep
from app.intake import admitted
from app.negotiation import answer_format
from app.openapi import picture_responses, upload
from app.options import ReconstructOptions
from app.reconstructing import reconstruct

router = APIRouter(tags=["images"])


@router.post(
    "/reconstruct",
    summary="Reconstruct a picture by an autoencoder, with an anomaly score",
    response_class=Response,
    responses=picture_responses("X-Reconstruction-Error", "X-Anomaly-Score"),
    openapi_extra=upload(ReconstructOptions),
)
async def reconstruct_picture(request: Request, service: ServiceDep) -> Response:
    """Answer what the autoencoder makes of the picture, at the picture's own size or at the model's.

    The model sees the picture at its own input size (in gray, if it is a gray model, and without transparency);
    X-Warnings says so. `output=error-map` answers the picture, tinted where the reconstruction differs: yellow where it
    does more than in 99 % of the pixels of the model's held-out pictures, red from twice as much on;
    `output=comparison` the picture beside its reconstruction. `paper=true` is for a digit written in dark ink on light
    paper, and models of digits: the model sees it as it was trained, cut out, 20 pixels high or wide, white on black.
    """
    async with admitted(
        request, ReconstructOptions, service, "autoencode", service.settings.default_reconstruct
    ) as intake:
        format_ = answer_format(request, intake.options, intake.picture)
        result = await reconstruct(service, intake)
        headers = {"X-Reconstruction-Error": f"{result.error:.6f}", "X-Anomaly-Score": f"{result.score:.4f}"}
        return await picture_answer(service, intake, format_, headers, result.warnings)
