"""Everything that can go wrong for a client, once: each error knows its status, its code and its title.

LimpidError
├── NoImage, MalformedRequest           400
├── Unauthorized                        401
├── Forbidden                           403
├── UnknownModel, NotFound              404
├── MethodNotAllowed                    405
├── NotAcceptable                       406
├── RequestTimeout                      408
├── BodyTooLarge, ImageTooLarge         413
├── UnsupportedImage                    415
├── CorruptImage, ImageTooSmall,
│   InvalidParameter                    422
├── Overloaded, RateLimited             429
├── InternalError                       500
├── NotReady                            503
└── DeadlineExceeded                    504
"""

from collections.abc import Mapping
from typing import ClassVar


class LimpidError(Exception):
    """An expected failure. `detail` is public: it says what was wrong and what would be accepted."""

    status: ClassVar[int]
    code: ClassVar[str]
    title: ClassVar[str]

    def __init__(
        self,
        detail: str,
        *,
        limit: int | float | None = None,
        value: int | float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.limit = limit
        self.value = value
        self.headers = dict(headers or {})


class NoImage(LimpidError):
    """The request holds no picture."""

    status, code, title = 400, "no_image", "No image in the request"


class MalformedRequest(LimpidError):
    """The request can't be parsed, or holds two pictures."""

    status, code, title = 400, "malformed_request", "Malformed request"


class Unauthorized(LimpidError):
    """API keys are on, and the request has none; `WWW-Authenticate` says how to send one."""

    status, code, title = 401, "unauthorized", "API key needed"


class Forbidden(LimpidError):
    """The request's API key is none of those that are let in."""

    status, code, title = 403, "forbidden", "API key refused"


class UnknownModel(LimpidError):
    """No such model is loaded."""

    status, code, title = 404, "unknown_model", "Unknown model"


class NotFound(LimpidError):
    """No such path."""

    status, code, title = 404, "not_found", "Not found"


class MethodNotAllowed(LimpidError):
    """The path takes other methods; `Allow` names them."""

    status, code, title = 405, "method_not_allowed", "Method not allowed"


class NotAcceptable(LimpidError):
    """No format that the client accepts can be written."""

    status, code, title = 406, "not_acceptable", "No acceptable answer format"


class RequestTimeout(LimpidError):
    """The body did not arrive in time."""

    status, code, title = 408, "request_timeout", "Request timeout"


class BodyTooLarge(LimpidError):
    """The body is over the byte limit."""

    status, code, title = 413, "body_too_large", "Request body too large"


class ImageTooLarge(LimpidError):
    """The picture is over the pixel limit."""

    status, code, title = 413, "image_too_large", "Image too large"


class UnsupportedImage(LimpidError):
    """The bytes are no picture, or one of a kind that is not read."""

    status, code, title = 415, "unsupported_image", "Unsupported image"


class CorruptImage(LimpidError):
    """The picture's data are broken."""

    status, code, title = 422, "corrupt_image", "Corrupt image"


class ImageTooSmall(LimpidError):
    """The picture has a side under the least that is taken."""

    status, code, title = 422, "image_too_small", "Image too small"


class InvalidParameter(LimpidError):
    """An option is unknown, impossible, or not one of this model's."""

    status, code, title = 422, "invalid_parameter", "Invalid parameter"


class Overloaded(LimpidError):
    """The service's budget is used up; `Retry-After` says when to come back."""

    status, code, title = 429, "overloaded", "Overloaded"


class RateLimited(LimpidError):
    """The key, or the address, has sent as many requests as it may; `Retry-After` says when to come back."""

    status, code, title = 429, "rate_limited", "Rate limit reached"


class InternalError(LimpidError):
    """A bug. The detail never says more than where to look."""

    status, code, title = 500, "internal_error", "Internal error"


class NotReady(LimpidError):
    """The models are still being loaded, or the service is about to end; `Retry-After` says when to come back."""

    status, code, title = 503, "not_ready", "Not ready"


class DeadlineExceeded(LimpidError):
    """The request's time is up; what is left of its work is dropped."""

    status, code, title = 504, "deadline_exceeded", "Deadline exceeded"
