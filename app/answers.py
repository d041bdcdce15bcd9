"""The headers that answers share, and the answer that is a picture."""

from collections.abc import Mapping, Sequence

from fastapi import Response

from app.images import MEDIA_TYPES, Format
from app.workers import Timings
from models.card import ModelCard

DIGEST_DIGITS = 12


def model_header(card: ModelCard) -> str:
    """Return the value of X-Model."""
    return f"{card.reference}; sha256={card.sha256[:DIGEST_DIGITS]}"


def common_headers(card: ModelCard, timings: Timings) -> dict[str, str]:
    """Return the headers of every answer that a model gave."""
    return {"X-Model": model_header(card), "Server-Timing": timings.header()}


def image_answer(body: bytes, format_: Format, headers: Mapping[str, str], warnings: Sequence[str] = ()) -> Response:
    """Return a picture with `headers`, and X-Warnings when something was converted or lost."""
    extra = {"X-Warnings": "; ".join(warnings)} if warnings else {}
    return Response(body, media_type=MEDIA_TYPES[format_], headers={**headers, **extra, "Vary": "Accept"})
