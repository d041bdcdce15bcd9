"""One sample of every error, as the OpenAPI document shows it: details as the service words them."""

from typing import Any

from app import errors
from app.codecs.formats import ACCEPTED, MEDIA_TYPES
from app.errors import LimpidError
from app.problems import problem_of

REQUEST_ID = "6f1c2a90d4be4c6b8f0e7a3d5b9c1e24"

_SAMPLES: tuple[LimpidError, ...] = (
    errors.NoImage("the form has no file, or an empty one, in the field 'file'"),
    errors.MalformedRequest("the form has two files in the field 'file'; 1 is taken"),
    errors.Unauthorized("an API key is needed: send it as X-API-Key, or as Authorization: Bearer"),
    errors.Forbidden("the API key is not one of this service's"),
    errors.UnknownModel("no model 'unet'; there are: photo@11, photo-ae@2, digits-ae@1"),
    errors.NotFound("no such path: /denoize; GET /docs shows those there are"),
    errors.MethodNotAllowed("PUT is not for /denoise; allowed: POST, OPTIONS"),
    errors.NotAcceptable(f"none of 'text/html' can be written; accepted: {', '.join(MEDIA_TYPES.values())}"),
    errors.RequestTimeout("the body was not here within 60 s: send it faster, or a smaller file", limit=60.0),
    errors.BodyTooLarge(
        "the request's body is over 67108864 bytes: send a smaller file", limit=67_108_864, value=80_300_251
    ),
    errors.ImageTooLarge(
        "the picture is 10000 x 6000 = 60000000 pixels; up to 50000000 are taken: send a smaller one",
        limit=50_000_000,
        value=60_000_000,
    ),
    errors.UnsupportedImage(f"the bytes are no picture of a known format; {ACCEPTED}"),
    errors.CorruptImage("the JPEG data are broken or cut off: send the whole file again"),
    errors.ImageTooSmall("the picture is 400 x 8 pixels; each side must have 16 at least", limit=16, value=8),
    errors.InvalidParameter("sigma: takes auto or a number from 0 to 75; got 'loud'"),
    errors.Overloaded(
        "the queue is 14.2 s long; a picture like this waits 10.7 s at most: come back later", limit=10.667, value=14.2
    ),
    errors.RateLimited("this key may send 100 requests per minute: come back later", limit=100),
    errors.InternalError("a bug; the service's log has it under this request id"),
    errors.NotReady("the models are being loaded: try again in some seconds"),
    errors.DeadlineExceeded(
        "the picture was not done within its 32 s: send a smaller one, or come back later", limit=32.0
    ),
)


def error_examples() -> dict[str, dict[str, Any]]:
    """Return an Example Object of OpenAPI for each error, by its code."""
    return {
        error.code: {
            "summary": error.title,
            "value": problem_of(error, REQUEST_ID).model_dump(exclude_none=True),
        }
        for error in _SAMPLES
    }
