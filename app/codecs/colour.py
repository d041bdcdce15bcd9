"""Colours that a format can't hold, brought to sRGB or gray so that they keep their look."""

import io

import numpy as np
from PIL import Image, ImageCms

from models.pixels import ByteImage

_FLAGS = ImageCms.Flags.BLACKPOINTCOMPENSATION
_INTENT = ImageCms.Intent.RELATIVE_COLORIMETRIC
_PROBLEMS = (ImageCms.PyCMSError, OSError, TypeError, ValueError)


class ToSrgb:
    """Turns pixels of one ICC profile into sRGB; `exact` tells whether the profile can be used."""

    def __init__(self, icc: bytes | None, mode: str) -> None:
        """Take pictures of Pillow's `mode`, CMYK or RGB. Without a profile that fits, Pillow's formula is used."""
        self._transform = _transform(icc, mode) if icc else None
        self.exact = self._transform is not None

    def __call__(self, image: Image.Image) -> Image.Image:
        """Return an RGB picture."""
        if self._transform is None:
            return image.convert("RGB")
        converted = ImageCms.applyTransform(image, self._transform)
        if converted is None:
            raise TypeError("a transform into a new picture returns one")
        return converted


def _transform(icc: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        return ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), mode, "RGB", _INTENT, _FLAGS)
    except _PROBLEMS:
        return None


def rgb_to_srgb(pixels: ByteImage, icc: bytes) -> ByteImage | None:
    """Return `pixels` (H, W, 1 or 3) uint8 of the profile `icc` in sRGB, of the same shape; None if it is unusable."""
    gray = pixels.shape[2] == 1
    convert = ToSrgb(icc, "L" if gray else "RGB")
    if not convert.exact:
        return None
    converted = np.asarray(convert(Image.fromarray(pixels[..., 0] if gray else pixels)))
    return converted[..., 1:2] if gray else converted
