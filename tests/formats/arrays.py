"""The known pictures that the files hold: a piece of a photograph in every kind of samples."""

import numpy as np
from PIL import Image
from skimage import data

Samples = np.ndarray
"""(H, W, channels) uint8 or uint16; 1 channel is gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha, 4 CMYK too."""

HEIGHT, WIDTH = 38, 53
"""No multiple of eight: bits and blocks are cut off at the edges."""
TIMES = (40, 80, 120)
"""Milliseconds of an animation's frames, all different."""

RGB = np.ascontiguousarray(data.chelsea()[100 : 100 + HEIGHT, 120 : 120 + WIDTH])
GRAY = np.ascontiguousarray(RGB[..., 1:2])


def _alpha() -> Samples:
    """Return a ramp from hidden to opaque, with both ends broad enough to be seen."""
    ramp = np.linspace(-100, 355, WIDTH).clip(0, 255).round().astype(np.uint8)
    return np.repeat(ramp[None, :, None], HEIGHT, axis=0)


ALPHA = _alpha()
GRAY_ALPHA = np.dstack([GRAY, ALPHA])
RGB_ALPHA = np.dstack([RGB, ALPHA])
MASK = np.where(ALPHA > 127, 255, 0).astype(np.uint8)
RGB_MASK = np.dstack([RGB, MASK])
BY_CHANNELS = {1: GRAY, 2: GRAY_ALPHA, 3: RGB, 4: RGB_ALPHA}


def deep(samples: Samples) -> Samples:
    """Return 8-bit samples with 16 bits, of which the lower ones say something too; 0 and 255 stay the ends."""
    low = np.random.default_rng(0).integers(0, 257, samples.shape, dtype=np.uint16)
    ends = (samples == 0) | (samples == 255)
    return np.where(ends, samples.astype(np.uint16) * 257, samples.astype(np.uint16) * 257 - 128 + low).astype(
        np.uint16
    )


def full_range(numbers: Samples, bits: int) -> Samples:
    """Return samples of 1, 2 or 4 bits on the scale of 8; deeper ones as they are."""
    return numbers if bits >= 8 else (numbers * (255 // (2**bits - 1))).astype(np.uint8)


def packed(numbers: Samples, bits: int, *, last_bit_first: bool = False) -> Samples:
    """Return rows (H, bytes) of samples of so many bits, each row filled up to a whole byte."""
    every = (numbers[..., None] >> np.arange(bits)[::-1]) & 1
    order = "little" if last_bit_first else "big"
    return np.packbits(every.reshape(len(numbers), -1).astype(np.uint8), axis=1, bitorder=order)


def quantized(colours: int, *, picture: Samples = RGB) -> tuple[Samples, Samples]:
    """Return the numbers (H, W, 1) and the palette (`colours`, 3) that come nearest to RGB pixels."""
    image = Image.fromarray(picture).quantize(colours, dither=Image.Dither.NONE)
    palette = np.zeros((colours, 3), np.uint8)
    found = np.array(image.getpalette(), np.uint8).reshape(-1, 3)[:colours]
    palette[: len(found)] = found
    return np.asarray(image)[..., None], palette


def frames(samples: Samples) -> tuple[Samples, Samples, Samples]:
    """Return three pictures that differ: equal frames in a row are merged by the writers of GIF and WebP."""
    return samples, np.ascontiguousarray(samples[::-1]), np.ascontiguousarray(samples[:, ::-1])


def cmyk(samples: Samples = RGB) -> Samples:
    """Return RGB pixels as inks, 255 for full cover, with much black in them."""
    rgb = samples / 255
    black = 1 - rgb.max(axis=2, keepdims=True)
    inks = (1 - rgb - black) / np.maximum(1 - black, 1e-9)
    return np.rint(np.dstack([inks, black]) * 255).astype(np.uint8)


def rgb_of_inks(inks: Samples) -> Samples:
    """Return CMYK of 8 or 16 bits as 8-bit RGB by the formula for inks that nothing is known of."""
    cover = inks / np.iinfo(inks.dtype).max
    return np.rint(255 * (1 - cover[..., :3]) * (1 - cover[..., 3:])).astype(np.uint8)
