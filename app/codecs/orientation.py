"""EXIF's orientation, applied while pixels are copied: turning a whole picture afterwards would hold it twice."""

from typing import TypeVar

import numpy as np

from app.codecs.picture import Size
from models.pixels import ByteImage, Samples, WordImage

SamplesT = TypeVar("SamplesT", ByteImage, WordImage, Samples)

UPRIGHT = 1

_UPRIGHT = {
    2: (False, 1, -1),
    3: (False, -1, -1),
    4: (False, -1, 1),
    5: (True, 1, 1),
    6: (True, -1, 1),
    7: (True, -1, -1),
    8: (True, 1, -1),
}
"""Orientation to what turns the upright picture into the file's: axes swapped?, then the steps along both."""
_AS_IT_IS = (False, 1, 1)


def is_turned(orientation: int) -> bool:
    """Tell whether what is across in the file is down in the upright picture."""
    return _UPRIGHT.get(orientation, _AS_IT_IS)[0]


def upright_size(size: Size, orientation: int) -> Size:
    """Return what a file's `size` becomes once it is upright."""
    return Size(size.width, size.height) if is_turned(orientation) else size


def upright_resolution(dpi: tuple[float, float], orientation: int) -> tuple[float, float]:
    """Return what dots an inch across and down become once the picture is upright."""
    return (dpi[1], dpi[0]) if is_turned(orientation) else dpi


def as_in_file(upright: SamplesT, orientation: int) -> SamplesT:
    """Return a view of `upright` (H, W, ...) that lies as the file's rows do."""
    swapped, down, right = _UPRIGHT.get(orientation, _AS_IT_IS)
    return (upright.swapaxes(0, 1) if swapped else upright)[::down, ::right]


def upright(rows: SamplesT, orientation: int) -> SamplesT:
    """Return `rows` (H, W, ...), as they are in a file, upright; a copy where they have to be turned."""
    if orientation not in _UPRIGHT:
        return rows
    turned = np.empty((*upright_size(Size(*rows.shape[:2]), orientation), *rows.shape[2:]), rows.dtype)
    as_in_file(turned, orientation)[...] = rows
    return turned
