"""WebP: with and without loss."""

from collections.abc import Iterator

from tests.formats.arrays import RGB, RGB_ALPHA, TIMES, Samples, frames
from tests.formats.case import Case, exif, image_of, known, profile_for, saved, seen

WEBP = "WebP"


def cases() -> Iterator[Case]:
    for name, samples in {"RGB": RGB, "RGBA": RGB_ALPHA}.items():
        lossless = {"lossless": True, "exact": True}
        yield known(WEBP, f"lossless, {name}", _webp(samples, **lossless), samples)
        yield seen(WEBP, f"lossy, {name}", _webp(samples, quality=95), samples)
        shown = frames(samples)
        file = _animated(shown, loop=3, **lossless)
        yield known(WEBP, f"lossless, animated, {name}", file, *shown, times=TIMES, loop=3)
        lossy = _animated(shown, loop=3, quality=95)
        yield seen(WEBP, f"lossy, animated, {name}", lossy, *shown)


def _webp(samples: Samples, **options: object) -> bytes:
    return saved(image_of(samples), "WEBP", icc_profile=profile_for(3), exif=exif(), **options)


def _animated(shown: tuple[Samples, ...], **options: object) -> bytes:
    first, *others = map(image_of, shown)
    described = {"icc_profile": profile_for(3), "exif": exif(), "duration": list(TIMES)}
    return saved(first, "WEBP", save_all=True, append_images=others, **described, **options)
