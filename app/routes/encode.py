"""POST /encode."""

import base64
import io
from functools import partial

import numpy as np
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from app.answers import common_headers
from app.deps import EncodeQuery, ServiceDep
from app.images import Picture, decode
from app.openapi import EMBEDDING_RESPONSES, upload_body
from app.options import EncodeOptions
from app.registry import Engine
from app.uploads import read_upload
from app.workers import Timings
from models.autoencoding import to_input, unit_length
from models.card import ModelCard
from models.pixels import FloatImage

NPY = "application/x-npy"

router = APIRouter(tags=["images"])


@router.post(
    "/encode",
    summary="Turn a picture into an embedding",
    response_class=Response,
    responses=EMBEDDING_RESPONSES,
    openapi_extra=upload_body(EncodeOptions),
)
async def encode_picture(request: Request, query: EncodeQuery, service: ServiceDep) -> Response:
    """Answer the picture's embedding: a vector that is near for pictures that look alike to the model."""
    upload = await read_upload(request)
    options = query.merged(upload.form)
    engine = service.registry.get_for("autoencode", options.model or service.settings.default_encode)
    embedding = engine.card.embedding
    if embedding is None:
        raise TypeError(f"{engine.card.reference} has no embedding")
    normalize = embedding.normalize if options.normalize is None else options.normalize
    timings = Timings()
    picture = await service.workers.codec(timings, "decode", partial(decode, upload.data, service.settings.max_pixels))
    vector = await service.workers.infer(timings, partial(_embed, engine, picture, normalize))
    encoding = options.encoding or ("npy" if NPY in request.headers.get("Accept", "") else "json")
    headers = common_headers(engine.card, timings) | {"Vary": "Accept"}
    if encoding == "npy":
        return Response(_npy(vector), media_type=NPY, headers=headers)
    return JSONResponse(_json(vector, engine.card, normalize, in_base64=encoding == "base64"), headers=headers)


def _embed(engine: Engine, picture: Picture, normalize: bool) -> FloatImage:
    vectors = engine.encode({"image": to_input(picture.pixels, engine.card.input)})
    vector: FloatImage = (unit_length(vectors) if normalize else vectors)[0]
    return vector


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
