"""The damage of JPEG compression."""

import io

import numpy as np
from PIL import Image

from models.pixels import FloatImage, to_bytes, to_float

GRID = 16
"""Pixels after which the blocks of JPEG repeat, those of subsampled chroma included."""

_CHROMA_WHOLE, _CHROMA_HALVED = 0, 2
"""Pillow's names of 4:4:4 and 4:2:0."""


def jpeg(image: FloatImage, quality: int, *, subsampled: bool, origin: tuple[int, int] = (0, 0)) -> FloatImage:
    """Return (H, W, 3) float32 in 0-1 as it comes out of a JPEG file: clipped, rounded to 8 bits, compressed.

    `quality` is that of libjpeg, 1-100; `subsampled` keeps the chroma at half the resolution (4:2:0). `origin` is
    where (row, column) in the file's grid of blocks, 0 to `GRID`, the picture starts: a crop need not start at 0.
    """
    top, left = origin
    padded = np.pad(to_bytes(image), ((top, 0), (left, 0), (0, 0)), mode="edge")
    file = io.BytesIO()
    chroma = _CHROMA_HALVED if subsampled else _CHROMA_WHOLE
    Image.fromarray(padded).save(file, "JPEG", quality=quality, subsampling=chroma)
    with Image.open(file) as decoded:
        return to_float(np.asarray(decoded)[top:, left:])
