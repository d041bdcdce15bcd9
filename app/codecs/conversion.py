"""From Pillow's pictures to arrays: gray or RGB, with or without alpha, upright."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from app.codecs.colour import ToSrgb
from app.codecs.orientation import as_in_file, upright_size
from app.codecs.picture import Size
from models.pixels import ByteImage

_NAMES = {"1": "1-bit", "P": "palette", "PA": "palette", "L": "gray", "I;16": "gray"}
_STRIP_PIXELS = 1 << 16


@dataclass(frozen=True)
class Conversion:
    """How a picture of Pillow's becomes gray or RGB, with or without alpha: `mode` is L, LA, RGB or RGBA."""

    mode: str
    warnings: list[str]
    srgb: ToSrgb | None = None

    @classmethod
    def of(cls, image: Image.Image, frames: int, icc: bytes | None) -> "Conversion":
        name = _NAMES.get(image.mode, image.mode)
        if image.mode == "CMYK":
            srgb = ToSrgb(icc, "CMYK")
            how = "by its colour profile" if srgb.exact else "without a colour profile"
            return cls("RGB", [f"CMYK became sRGB {how}"], srgb)
        if image.format == "GIF":
            return cls("RGBA", [])
        gray = image.mode in {"1", "L", "LA", "I;16"}
        if "transparency" in image.info and image.mode != "RGBA":
            mode = "LA" if gray else "RGBA"
            return cls(mode, [f"{name} with a transparent colour became {mode}"])
        if frames > 1:
            return cls("LA" if gray else "RGBA", [])
        if image.mode in {"1", "P", "PA", "RGBX"}:
            mode = {"1": "L", "PA": "RGBA"}.get(image.mode, "RGB")
            return cls(mode, [f"{name} became {mode}"] if image.mode != "RGBX" else [])
        return cls(image.mode, [])

    def __call__(self, image: Image.Image) -> Image.Image:
        if self.srgb is not None:
            return self.srgb(image)
        if "transparency" in image.info:
            image = image.convert("RGBA")
        return image if image.mode == self.mode else image.convert(self.mode)


def arrays(image: Image.Image, convert: Conversion, orientation: int) -> tuple[ByteImage, ByteImage | None]:
    """Return pixels and alpha, upright, copied strip by strip: Pillow would make two copies of the whole."""
    width, height = image.size
    shape = upright_size(Size(height, width), orientation)
    colours = convert.mode.removesuffix("A")
    pixels = np.empty((*shape, len(colours)), np.uint8)
    alpha = np.empty(shape, np.uint8) if colours != convert.mode else None
    rows = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        strip = convert(image.crop((0, top, width, bottom)) if rows < height else image)
        if alpha is not None:
            as_in_file(alpha, orientation)[top:bottom] = np.asarray(strip.getchannel("A"))
            strip = strip.convert(colours)
        as_in_file(pixels, orientation)[top:bottom] = np.asarray(strip).reshape(bottom - top, width, -1)
    return pixels, alpha
