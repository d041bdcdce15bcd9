"""Answers: the headers that all share, and the one that is a picture."""

from collections.abc import Mapping, Sequence
from functools import partial

from fastapi import Response

from app.delivery import Delivery
from app.images import MEDIA_TYPES, Format, encode
from app.intake import Intake
from app.options import ImageOptions
from app.service import Service
from app.timings import Timings
from models.card import ModelCard
from models.pixels import ByteImage

DIGEST_DIGITS = 12


def common_headers(card: ModelCard, timings: Timings) -> dict[str, str]:
    """Return the headers of every answer that a model gave."""
    digest = card.sha256[:DIGEST_DIGITS]
    return {"X-Model": f"{card.reference}; sha256={digest}", "Server-Timing": timings.header(), "Vary": "Accept"}


async def picture_answer(
    service: Service,
    intake: Intake[ImageOptions],
    pixels: ByteImage,
    format_: Format,
    headers: Mapping[str, str],
    warnings: Sequence[str] = (),
) -> Response:
    """Return `pixels` as a file of `format_`, with `headers`, and X-Warnings when something was converted or lost."""
    work = partial(encode, pixels, intake.picture, format_, intake.options.quality)
    size = pixels.shape[0] * pixels.shape[1]
    body, lost = await service.workers.run(intake.claim, intake.timings, "encode", size, work)
    told = [*intake.picture.warnings, *warnings, *lost]
    extra = {"X-Warnings": "; ".join(told)} if told else {}
    shared = common_headers(intake.engine.card, intake.timings)
    return Delivery(body, MEDIA_TYPES[format_], {**shared, **headers, **extra}, intake.claim)
