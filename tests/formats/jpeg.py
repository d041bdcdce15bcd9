"""JPEG: gray, colour, inks."""

from collections.abc import Iterator

import imagecodecs
from PIL import Image

from tests.formats.arrays import GRAY, RGB, cmyk, deep, frames, rgb_of_inks
from tests.formats.case import DPI, LOSSY_DB, Case, described, exif, image_of, known, profile_for, refused, saved, seen
from tests.formats.profiles import cmyk_profile, in_srgb

JPEG = "JPEG"


def cases() -> Iterator[Case]:
    yield seen(JPEG, "gray", described(GRAY, "JPEG", quality=95), GRAY)
    kinds: dict[str, dict[str, object]] = {
        "YCbCr 4:4:4": {"subsampling": 0},
        "YCbCr 4:2:2": {"subsampling": 1},
        "YCbCr 4:2:0": {"subsampling": 2},
        "YCbCr, progressive": {"progressive": True},
        "YCbCr, restart markers": {"restart_marker_blocks": 1},
    }
    for name, options in kinds.items():
        yield seen(JPEG, name, described(RGB, "JPEG", quality=95, **options), RGB)
    # A resolution would make it a JFIF file, which says that colours are YCbCr.
    bare = saved(
        image_of(RGB), "JPEG", quality=95, keep_rgb=True, subsampling=0, icc_profile=profile_for(3), exif=exif()
    )
    yield seen(JPEG, "RGB", bare, RGB)
    yield from _inks()
    several = [image_of(frame) for frame in frames(RGB)]
    mpo = saved(several[0], "MPO", save_all=True, append_images=several[1:], quality=95, dpi=DPI, exif=exif())
    yield seen(JPEG, "several pictures in a file (MPO)", mpo, RGB)
    twelve = bytes(imagecodecs.jpeg8_encode(deep(RGB) >> 4, bitspersample=12))
    yield refused(JPEG, "12 bits", twelve, "unsupported_image")
    lossless = bytes(imagecodecs.ljpeg_encode(GRAY[..., 0]))
    yield known(JPEG, "gray, lossless (SOF3)", lossless, GRAY, expected=LOSSY_DB)


def _inks() -> Iterator[Case]:
    """Yield CMYK and YCCK, inverted as Adobe began it, and everybody after."""
    inks = Image.fromarray(cmyk(), "CMYK")
    for name, profile in {"with a profile": cmyk_profile(), "without a profile": None}.items():
        file = saved(inks, "JPEG", quality=98, icc_profile=profile, dpi=DPI, exif=exif())
        yield _ink_case(f"CMYK {name}", file, profile)
    ycck = imagecodecs.jpeg8_encode(255 - cmyk(), level=98, colorspace="CMYK", outcolorspace="YCCK")
    yield _ink_case("YCCK without a profile", bytes(ycck), None)


def _ink_case(name: str, file: bytes, profile: bytes | None) -> Case:
    inks = 255 - imagecodecs.jpeg8_decode(file, outcolorspace="CMYK")
    shown = in_srgb(inks, profile) if profile else rgb_of_inks(inks)
    return known(JPEG, name, file, shown, expected=LOSSY_DB, stored="CMYK", lossless=False)
