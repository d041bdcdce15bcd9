"""Which format the answer has."""

from collections.abc import Iterator

from app.errors import InvalidParameter, NotAcceptable
from app.images import FORMATS, LOSSY, MEDIA_TYPES, Format


def answer_format(asked: Format | None, accept: str | None, own: Format) -> Format:
    """Return the format: the one asked for, else the input's own if `accept` admits it, else the first it names.

    `accept` is the Accept header, absent or empty meaning anything. Raises NotAcceptable.
    """
    if asked:
        return asked
    ranges = list(_ranges(accept or "*/*"))
    if any(_admits(media_range, MEDIA_TYPES[own]) for media_range in ranges):
        return own
    for media_range in ranges:
        for each in FORMATS:
            if _admits(media_range, MEDIA_TYPES[each]):
                return each
    raise NotAcceptable(f"none of {accept!r} can be written; accepted: {', '.join(MEDIA_TYPES.values())}")


def check_quality(quality: int | None, format_: Format) -> None:
    """Raise InvalidParameter for a quality that the format does not have."""
    if quality is not None and format_ not in LOSSY:
        raise InvalidParameter(f"quality is for lossy formats; the answer is {format_.upper()}: leave it out")


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
