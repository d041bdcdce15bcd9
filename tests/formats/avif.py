"""AVIF: colour and gray, one frame and several, 8 bits and more."""

from collections.abc import Iterator

import imagecodecs

from tests.formats.arrays import GRAY, RGB, RGB_ALPHA, TIMES, deep, frames
from tests.formats.case import Case, exif, image_of, profile_for, saved, seen

AVIF = "AVIF"


def cases() -> Iterator[Case]:
    kinds = {
        "RGB, 4:4:4": (RGB, "4:4:4"),
        "RGB, 4:2:0": (RGB, "4:2:0"),
        "RGBA": (RGB_ALPHA, "4:4:4"),
        "gray": (GRAY, "4:0:0"),
    }
    for name, (samples, subsampling) in kinds.items():
        described = {"icc_profile": profile_for(samples.shape[2]), "exif": exif()}
        file = saved(image_of(samples), "AVIF", quality=95, speed=9, subsampling=subsampling, **described)
        yield seen(AVIF, name, file, samples)
    for name, samples in {"RGB": RGB, "RGBA": RGB_ALPHA}.items():
        shown = frames(samples)
        first, *others = map(image_of, shown)
        options = {"quality": 95, "speed": 9, "subsampling": "4:4:4", "duration": list(TIMES)}
        options |= {"icc_profile": profile_for(3), "exif": exif()}
        file = saved(first, "AVIF", save_all=True, append_images=others, **options)
        yield seen(AVIF, f"sequence, {name}", file, *shown)
    wide = imagecodecs.avif_encode(RGB, level=95, speed=9, primaries=12, transfer=16)
    yield seen(AVIF, "RGB, primaries of Display P3 and the PQ curve", bytes(wide), RGB)
    for bits in (10, 12):
        file = bytes(imagecodecs.avif_encode(deep(RGB) >> (16 - bits), bitspersample=bits, level=95, speed=9))
        yield seen(AVIF, f"RGB, {bits} bits", file, deep(RGB))
