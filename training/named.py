"""Pictures with names and labels: the files of a folder, or digits."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from models.pixels import Samples
from training import digits
from training.photographs import image_files

UNREADABLE = (OSError, ValueError, SyntaxError, Image.DecompressionBombError)
"""What Pillow raises for files that are broken, of another kind or too large."""


@dataclass(frozen=True)
class Named:
    """A picture (H, W, 1 or 3), uint8 or uint16, with its name and its label, which may be empty."""

    pixels: Samples
    name: str
    label: str


def test_digits(path: Path) -> Iterator[Named]:
    """Yield the test images in an .npz of digits, named by their places. Raises as training.digits.read."""
    part = digits.test_part(digits.read(path))
    for index, (image, label) in enumerate(zip(part.images, part.labels, strict=True)):
        yield Named(image, str(index), str(label))


def pictures_below(folder: Path) -> Iterator[Named]:
    """Yield the pictures below `folder`, each labelled with the subfolder that it lies in.

    Those that can't be read are named on stderr and passed over. Raises ValueError where there are no images.
    """
    for path in image_files(folder):
        inside = path.relative_to(folder)
        try:
            pixels = _upright(path)
        except UNREADABLE as error:
            print(f"{inside}: passed over, not a readable image ({error})", file=sys.stderr)
        else:
            yield Named(pixels, str(inside), inside.parts[0] if len(inside.parts) > 1 else "")


def _upright(path: Path) -> Samples:
    """Return an image file's pixels (H, W, 1 or 3), turned as its EXIF data say."""
    with Image.open(path) as image:
        turned = ImageOps.exif_transpose(image)
        if turned.mode.startswith("I;16"):
            return np.asarray(turned, dtype=np.uint16)[..., None]
        gray = turned.mode in {"1", "L", "LA"}
        pixels = np.asarray(turned.convert("L" if gray else "RGB"))
    return pixels[..., None] if gray else pixels
