"""POST /encode."""

import base64
import io

import numpy as np
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from app.answers import common_headers
from app.codecs.picture import Picture
from app.deps import ServiceDep
from app.inference import code
from app.intake import admitted
from app.openapi import embedding_responses, upload
from app.options import EncodeOptions
from models.autoencoding import unit_length
from models.card import ModelCard
from models.pixels import FloatImage

NPY = "application/x-npy"

router = APIRouter(tags=["images"])


@router.post(
    "/encode",
    summary="Turn a picture into an embedding",
    response_class=Response,
    responses=embedding_responses(NPY),
    openapi_extra=upload(EncodeOptions),
)
async def encode_picture(request: Request, service: ServiceDep) -> Response:
    """Answer the picture's embedding: a vector that is near for pictures that look alike to the model.

    The model sees the picture at its own input size (and in gray, if it is a gray model).
    """
    async with admitted(request, EncodeOptions, service, "autoencode", service.settings.default_encode) as intake:
        card, asked = intake.engine.card, intake.options.normalize
        (coding,) = await code(service, intake, "encode", intake.picture.frames[:1])
        normalize = asked if asked is not None else bool(card.embedding and card.embedding.normalize)
        vector = unit_length(coding.output) if normalize else coding.output
        headers = common_headers(card, intake.timings) | _warnings(intake.picture)
        encoding = intake.options.encoding or ("npy" if NPY in request.headers.get("Accept", "") else "json")
        if encoding == "npy":
            return Response(_npy(vector), media_type=NPY, headers=headers)
        return JSONResponse(_json(vector, card, normalize, in_base64=encoding == "base64"), headers=headers)


def _warnings(picture: Picture) -> dict[str, str]:
    count = len(picture.frames)
    return {"X-Warnings": f"the embedding is that of the first of {count} frames"} if count > 1 else {}


def _npy(vector: FloatImage) -> bytes:
    target = io.BytesIO()
    np.save(target, vector.astype("<f4"), allow_pickle=False)
    return target.getvalue()


def _json(vector: FloatImage, card: ModelCard, normalized: bool, *, in_base64: bool) -> dict[str, object]:
    embedding = base64.b64encode(vector.astype("<f4").tobytes()).decode() if in_base64 else vector.tolist()
    return {
        "model": card.name,
        "version": card.version,
        "dimension": len(vector),
        "normalized": normalized,
        "embedding": embedding,
    }
