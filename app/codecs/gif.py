"""Writing GIF: a palette for each frame, exact where the frame has few enough colours."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from app.codecs.fitting import in_rgb
from app.codecs.formats import CAPACITIES
from app.codecs.picture import Frame, Picture
from models.pixels import ByteImage, to_8_bits

_COLOURS = 256
_HUNDREDTH_MS = 10
_TRANSPARENT = 0
_REPLACE = 2
"""GIF's disposal that clears a frame before the next: what was opaque may be transparent in that."""


def write_gif(picture: Picture) -> tuple[bytes, list[str]]:
    """Return 8-bit `picture` as a GIF file, alpha 0 or 255; and whether colours had to be merged."""
    images, exact = zip(*(_indexed(frame) for frame in picture.frames), strict=True)
    target = io.BytesIO()
    options: dict[str, object] = {"save_all": True, "append_images": images[1:], "optimize": False}
    if len(images) > 1:
        shown, times = _distinct(images, [_rounded(frame.milliseconds) for frame in picture.frames])
        options["append_images"], options["duration"] = shown[1:], times
        options["disposal"] = _REPLACE if any(frame.alpha is not None for frame in picture.frames) else 0
        options |= _looping(picture)
    images[0].save(target, format="GIF", **options)
    return target.getvalue(), [] if all(exact) else ["colours were reduced to the 256 that a GIF frame has"]


def _looping(picture: Picture) -> dict[str, int]:
    """Return Pillow's option for how often the frames are shown; GIFs that are shown once say nothing."""
    once = picture.loop is None or (picture.loop == 1 and picture.format != "gif")
    return {} if once else {"loop": picture.loop or 0}


def _distinct(images: Sequence[Image.Image], times: Sequence[int]) -> tuple[list[Image.Image], list[int]]:
    """Join frames that are alike, as Pillow would, but without adding up their times beyond what a GIF can say."""
    most = CAPACITIES["gif"].milliseconds
    kept, joined = [images[0]], [times[0]]
    for image, time in zip(images[1:], times[1:], strict=True):
        if image == kept[-1]:
            joined[-1] = min(joined[-1] + time, most)
        else:
            kept.append(image)
            joined.append(time)
    return kept, joined


def _rounded(milliseconds: int) -> int:
    return round(milliseconds / _HUNDREDTH_MS) * _HUNDREDTH_MS


def _indexed(frame: Frame) -> tuple[Image.Image, bool]:
    """Return a frame as a palette image, number 0 for what is transparent; and whether its colours are exact."""
    reserved = 0 if frame.alpha is None else 1
    colours = to_8_bits(in_rgb(frame.pixels))
    alpha = None if frame.alpha is None else to_8_bits(frame.alpha)
    found = _exact(colours, alpha, _COLOURS - reserved)
    indices, palette = found or _merged(colours, _COLOURS - reserved)
    indices = (indices + np.uint8(reserved)).astype(np.uint8)
    if alpha is not None:
        indices[alpha == 0] = _TRANSPARENT
    image = Image.fromarray(indices, "P")
    image.putpalette(bytes(3 * reserved) + palette)
    if alpha is not None:
        image.info["transparency"] = _TRANSPARENT
    return image, found is not None


def _exact(colours: ByteImage, alpha: ByteImage | None, most: int) -> tuple[ByteImage, bytes] | None:
    """Return each pixel's number and the palette, None where there are more than `most` colours to be seen."""
    packed = colours.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    if alpha is not None:
        packed[alpha == 0] = packed[alpha > 0][0] if (alpha > 0).any() else 0
    palette, indices = _unique(packed, most)
    if palette is None or indices is None:
        return None
    rgb = np.stack([palette >> 16, palette >> 8 & 255, palette & 255], axis=1).astype(np.uint8)
    return indices.astype(np.uint8), rgb.tobytes()


def _unique(packed: np.ndarray, most: int) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Return the different values and their numbers; nothing, and at once, where a few rows have too many already."""
    rows: Sequence[np.ndarray] = [packed[: 1 + len(packed) // 16], packed]
    for part in rows:
        palette = np.unique(part)
        if len(palette) > most:
            return None, None
    return palette, np.searchsorted(palette, packed)


def _merged(colours: ByteImage, most: int) -> tuple[ByteImage, bytes]:
    """Return the numbers and the palette of the nearest colours, dithered (Floyd and Steinberg)."""
    image = Image.fromarray(colours)
    palette = image.quantize(most, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    image = image.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
    return np.asarray(image), bytes(image.getpalette() or [])[: 3 * most]
