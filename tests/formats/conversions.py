"""What each written format makes of rich pictures."""

from collections.abc import Iterator
from dataclasses import replace

from app.codecs.formats import FORMATS, LOSSY
from tests.formats import avif, gif, jpeg, png, tiff, webp
from tests.formats.arrays import GRAY, GRAY_ALPHA, RGB, RGB_ALPHA, deep
from tests.formats.case import IDENTICAL, Case, known

_GIF_DB = 22.0
"""What 256 colours and dithering leave of a photograph, at least."""
_LOSSY_DB = 35.0
"""Less than elsewhere: dividing by a small alpha makes errors larger."""
_TAKEN = {
    webp: ("lossless, animated, RGBA",),
    avif: ("sequence, RGBA",),
    jpeg: ("gray", "CMYK with a profile"),
    gif: ("gray", "animated, transparent"),
    tiff: ("RGBA, 16 bits, premultiplied",),
}
"""Cases of other tables that are converted too."""


def cases() -> Iterator[Case]:
    for source in _sources():
        for format_ in FORMATS:
            if format_ != source.sent.format:
                yield replace(
                    source, section="Conversions", expected=_expected(source, format_), options={"format": format_}
                )


def _sources() -> Iterator[Case]:
    for name, samples, colour in (("RGBA", RGB_ALPHA, 6), ("gray + alpha", GRAY_ALPHA, 4), ("gray", GRAY, 0)):
        yield known("", f"PNG, {name}, 16 bits", png.described_png(deep(samples), 16, colour), deep(samples))
    yield known("", "PNG, RGB, 8 bits", png.described_png(RGB, 8, 2), RGB)
    pages = (RGB_ALPHA, deep(RGB)[:20, :31], GRAY)
    yield known("", "TIFF, three pages", tiff.tiff_of(*pages, iccprofile=None), *pages)
    for family, names in _TAKEN.items():
        for case in family.cases():
            if case.name in names:
                yield replace(case, name=f"{case.section}, {case.name}")


def _expected(source: Case, format_: str) -> float:
    if format_ == "gif":
        return _GIF_DB
    if format_ in LOSSY:
        return _LOSSY_DB
    return source.expected if source.sent.stored else IDENTICAL
