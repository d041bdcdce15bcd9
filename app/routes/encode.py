"""POST /encode."""

import base64
import io

import numpy as np
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from app.answers import common_headers
from app.coding import code, unseen
from app.deps import ServiceDep
from app.intake import admitted
from app.negotiation import preferred
from app.openapi import embedding_responses, upload
from app.options import EncodeOptions
from models.autoencoding import unit_length
from models.card import ModelCard
from models.pixels import FloatImage

JSON = "application/json"
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

    The model sees the picture at its own input size (in gray, if it is a gray model, and without transparency);
    X-Warnings says so. The same pixels give the same vector, whatever format they come in. `paper=true` is for a digit
    written in dark ink on light paper, and models of digits: the model sees it as it was trained, white on black.
    """
    async with admitted(request, EncodeOptions, service, "autoencode", service.settings.default_encode) as intake:
        card, asked = intake.engine.card, intake.options.normalize
        first = intake.picture.frames[:1]
        (coding,) = await code(service, intake, "encode", first)
        normalize = asked if asked is not None else bool(card.embedding and card.embedding.normalize)
        vector = unit_length(coding.output) if normalize else coding.output
        headers = common_headers(card, intake.timings) | _warnings(
            unseen(card.input, [coding], first), frames=len(intake.picture.frames)
        )
        encoding = intake.options.encoding
        if encoding == "npy" or (encoding is None and preferred(_accept(request), (JSON, NPY)) == NPY):
            return Response(_npy(vector), media_type=NPY, headers=headers)
        return JSONResponse(_json(vector, card, normalize, in_base64=encoding == "base64"), headers=headers)


def _accept(request: Request) -> str:
    return ", ".join(request.headers.getlist("Accept"))


def _warnings(unseen_: list[str], frames: int) -> dict[str, str]:
    told = [*unseen_, *([f"the embedding is that of the first of {frames} frames"] if frames > 1 else [])]
    return {"X-Warnings": "; ".join(told)} if told else {}


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
