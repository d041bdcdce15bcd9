"""Which format the answer has."""

from collections.abc import Iterator

from fastapi import Request

from app.errors import InvalidParameter, NotAcceptable
from app.images import FORMATS, LOSSY, MEDIA_TYPES, Format
from app.options import ImageOptions


def answer_format(request: Request, options: ImageOptions, own: Format) -> Format:
    """Return the format of the answer to a picture in the format `own`.

    The option `format` wins. Raises NotAcceptable, and InvalidParameter for a quality that the format does not have.
    """
    chosen = options.format or accepted_format(request.headers.get("Accept"), own)
    if options.quality is not None and chosen not in LOSSY:
        raise InvalidParameter(f"quality is for lossy formats; the answer is {chosen.upper()}: leave it out")
    return chosen


def accepted_format(accept: str | None, own: Format) -> Format:
    """Return `own` if the Accept header admits it, else the first format it names that can be written.

    An absent or empty header admits anything. Raises NotAcceptable.
    """
    ranges = list(_ranges(accept or "*/*"))
    if any(_admits(media_range, MEDIA_TYPES[own]) for media_range in ranges):
        return own
    for media_range in ranges:
        for each in FORMATS:
            if _admits(media_range, MEDIA_TYPES[each]):
                return each
    raise NotAcceptable(f"none of {accept!r} can be written; accepted: {', '.join(MEDIA_TYPES.values())}")


def _ranges(accept: str) -> Iterator[str]:
    """Yield the media ranges of an Accept header, the most wanted first, without those of weight 0 (RFC 9110)."""
    weighted = []
    for part in accept.split(","):
        media_range, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = next((_weight(each[2:]) for each in parameters if each.startswith("q=")), 1.0)
        weighted.append((-weight, media_range))
    yield from (media_range for weight, media_range in sorted(weighted, key=lambda each: each[0]) if weight)


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _admits(media_range: str, media_type: str) -> bool:
    return media_range in {"*/*", "image/*", media_type}
