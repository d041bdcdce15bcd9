"""Which format the answer has."""

from collections.abc import Collection, Sequence

from fastapi import Request

from app.codecs.formats import CAPACITIES, FORMATS, LOSSY, MEDIA_TYPES, Format, Source
from app.codecs.picture import Picture
from app.errors import InvalidParameter, NotAcceptable
from app.options import ImageOptions


def answer_format(request: Request, options: ImageOptions, picture: Picture) -> Format:
    """Return the format of the answer to `picture`.

    The option `format` wins. Raises NotAcceptable, and InvalidParameter for a format that can't hold the picture's size
    or a quality that the format does not have.
    """
    side = max(max(frame.size.height, frame.size.width * options.widened) for frame in picture.frames)
    if options.format:
        _check_side(options.format, side)
    chosen = options.format or accepted_format(
        ", ".join(request.headers.getlist("Accept")), own_format(picture.format), side
    )
    if options.quality is not None and chosen not in LOSSY:
        raise InvalidParameter(f"quality is for lossy formats; the answer is {chosen.upper()}: leave it out")
    return chosen


def own_format(source: Source) -> Format:
    """Return the format that an answer has by itself: the upload's, PNG for one that is not written."""
    return "png" if source == "bmp" else source


def accepted_format(accept: str | None, own: Format, side: int) -> Format:
    """Return `own` if the Accept header admits it, else the first format it names that holds `side` pixels a side.

    An absent or empty header admits anything. Raises NotAcceptable.
    """
    ranges, refused = _ranges(accept or "*/*")
    there = [each for each in (own, *FORMATS) if MEDIA_TYPES[each] not in refused]
    fitting = [each for each in there if side <= CAPACITIES[each].side]
    if own in fitting and any(_admits(media_range, own) for media_range in ranges):
        return own
    for media_range in ranges:
        for each in fitting:
            if _admits(media_range, each):
                return each
    raise _not_acceptable(accept, side, fitting)


def preferred(accept: str | None, types: Sequence[str]) -> str:
    """Return the one of the media `types` that the Accept header wants most, the first where it names none."""
    ranges, _ = _ranges(accept or "*/*")
    return next((media_range for media_range in ranges if media_range in types), types[0])


def _check_side(format_: Format, side: int) -> None:
    limit = CAPACITIES[format_].side
    if side > limit:
        others = ", ".join(each for each in FORMATS if side <= CAPACITIES[each].side)
        raise InvalidParameter(
            f"format: {format_} holds {limit} pixels a side, the answer has {side}: take one of {others}",
            limit=limit,
            value=side,
        )


def _not_acceptable(accept: str | None, side: int, fitting: Collection[Format]) -> NotAcceptable:
    there = ", ".join(MEDIA_TYPES[each] for each in FORMATS if each in fitting)
    too_long = any(side > CAPACITIES[each].side for each in FORMATS)
    size = f" for an answer with a side of {side} pixels" if too_long else ""
    return NotAcceptable(f"none of {accept!r} can be written{size}; accepted: {there}")


def _ranges(accept: str) -> tuple[list[str], set[str]]:
    """Return the media ranges of an Accept header, the most wanted first, and those of weight 0 apart (RFC 9110)."""
    weighted = []
    for part in accept.split(","):
        media_range, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = next((_weight(each[2:]) for each in parameters if each.startswith("q=")), 1.0)
        weighted.append((-weight, media_range))
    weighted.sort(key=lambda each: each[0])
    return [each for weight, each in weighted if weight], {each for weight, each in weighted if not weight}


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _admits(media_range: str, format_: Format) -> bool:
    return media_range in {"*/*", "image/*", MEDIA_TYPES[format_]}
