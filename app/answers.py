"""Answers: the headers that all share, and the one that is a picture."""

from collections.abc import Mapping, Sequence

from fastapi import Response

from app.codecs.formats import MEDIA_TYPES, Format
from app.delivery import Delivery
from app.filenames import content_disposition
from app.intake import Intake
from app.options import ImageOptions
from app.service import Service
from app.timings import Timings
from models.card import ModelCard

DIGEST_DIGITS = 12


def common_headers(card: ModelCard, timings: Timings) -> dict[str, str]:
    """Return the headers of every answer that a model gave."""
    digest = card.sha256[:DIGEST_DIGITS]
    return {"X-Model": f"{card.reference}; sha256={digest}", "Server-Timing": timings.header(), "Vary": "Accept"}


async def picture_answer(
    service: Service,
    intake: Intake[ImageOptions],
    format_: Format,
    headers: Mapping[str, str],
    warnings: Sequence[str] = (),
) -> Response:
    """Return the picture as a file of `format_`, with `headers`, and X-Warnings if something was converted or lost."""
    options, picture = intake.options, intake.picture
    body, lost = await service.transcoder.encode(
        intake.claim, intake.timings, picture, format_, options.quality, options.metadata
    )
    told = [*picture.warnings, *warnings, *lost]
    extra = {"X-Warnings": "; ".join(told)} if told else {}
    shared = common_headers(intake.engine.card, intake.timings)
    name = {"Content-Disposition": content_disposition(intake.name, format_)}
    return Delivery(body, MEDIA_TYPES[format_], {**shared, **name, **headers, **extra}, intake.claim)
