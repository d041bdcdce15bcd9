"""A case: a file, what is seen of it, and what the service must make of it."""

import io
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from PIL import Image
from PIL.ExifTags import IFD, Base

from tests.formats.arrays import Samples
from tests.formats.compare import likeness
from tests.formats.profiles import gray_profile, rgb_profile
from tests.formats.view import View, format_of, notes, view

IDENTICAL = math.inf
LOSSY_DB = 38.0
"""What one more lossy file of quality 95 leaves at least."""
_RECOGNISED_DB = 30.0
DPI = (300, 150)
"""Different across and down, so that they can't be exchanged without being noticed."""

Expected = float | str
"""The PSNR in dB that the answer has at least, or the code of the error."""


@dataclass(frozen=True)
class Case:
    """`sent` is what is seen of `file`, None for one that no picture is expected of. `section` is its table's.

    `silent` is what goes without a word in `X-Warnings`, because the `options` ask for it or the service does not know.
    """

    section: str
    name: str
    file: bytes
    sent: View | None
    expected: Expected = IDENTICAL
    options: Mapping[str, str] = field(default_factory=dict)
    silent: frozenset[str] = frozenset()

    @property
    def id(self) -> str:
        return ", ".join([f"{self.section}: {self.name}", *(f"{name}={self.options[name]}" for name in self.options)])


def known(
    section: str, name: str, file: bytes, *frames: Samples, expected: Expected = IDENTICAL, **fields: object
) -> Case:
    """Return a case whose pixels are those that the file was made of; `fields` are View's."""
    deepest = 8 * max(frame.itemsize for frame in frames)
    sent = View(format_of(file), frames, notes(file), **{"bits": deepest} | fields)
    return Case(section, name, file, sent, expected)


def seen(section: str, name: str, file: bytes, *originals: Samples, expected: float = LOSSY_DB) -> Case:
    """Return a case of a lossy file: another decoder says what is seen of it, which must be near the `originals`."""
    sent = view(file)
    if likeness(replace(sent, frames=originals), sent).psnr < _RECOGNISED_DB:
        raise AssertionError(f"{section}, {name}: the file is not the picture")
    return Case(section, name, file, sent, expected)


def refused(section: str, name: str, file: bytes, code: str) -> Case:
    """Return a case that is answered with an error."""
    return Case(section, name, file, None, code)


def exif(orientation: int = 1, *, gps: bool = False) -> Image.Exif:
    """Return what a camera writes: texts of the first directory, details of the second, and the place if asked for."""
    written = Image.Exif()
    written.update(TIFF_TEXTS)
    if orientation != 1:
        written[Base.Orientation] = orientation
    written.get_ifd(IFD.Exif).update({
        Base.DateTimeOriginal: "2024:05:06 07:08:09", Base.LensModel: "A lens", Base.ISOSpeedRatings: 200,
    })  # fmt: skip
    if gps:
        written.get_ifd(IFD.GPSInfo).update({1: "N", 2: (48.0, 8.0, 14.5), 3: "E", 4: (11.0, 34.0, 31.0)})
    return written


TIFF_TEXTS = {
    Base.ImageDescription: "A cat",
    Base.Make: "A maker",
    Base.Model: "A camera",
    Base.Software: "A program",
    Base.DateTime: "2024:05:06 07:08:09",
    Base.Artist: "A photographer",
    Base.Copyright: "An owner",
}


def profile_for(channels: int) -> bytes:
    """Return a profile that fits gray or RGB, with or without alpha."""
    return gray_profile() if channels < 3 else rgb_profile()


def image_of(samples: Samples) -> Image.Image:
    """Return 8-bit samples as Pillow has them: L, LA, RGB or RGBA."""
    return Image.fromarray(samples[..., 0] if samples.shape[2] == 1 else samples)


def saved(image: Image.Image, format_: str, **options: object) -> bytes:
    """Return a file by Pillow."""
    target = io.BytesIO()
    image.save(target, format_, **options)
    return target.getvalue()


def described(samples: Samples, format_: str, **options: object) -> bytes:
    """Return a file by Pillow with a profile, a resolution where there is one, and EXIF."""
    return saved(image_of(samples), format_, icc_profile=profile_for(samples.shape[2]), dpi=DPI, exif=exif(), **options)
