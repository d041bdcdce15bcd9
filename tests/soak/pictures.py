"""What ordinary clients upload: photographs of many sizes, in every format and depth, with noise."""

import io
from collections.abc import Callable
from functools import cache

import numpy as np
import tifffile
from PIL import Image
from skimage import data

from tests.conftest import with_noise
from tests.fuzz.seeds import Seed

SIDES = {"thumbnail": (24, 128), "web": (200, 640), "photograph": (700, 1600)}
SHARES = {"thumbnail": 0.45, "web": 0.4, "photograph": 0.15}
COUNT = 102
SCAN = (3000, 4000)
"""Height and width of the largest: 12 megapixels, as a telephone takes them."""

Writer = Callable[[np.ndarray], bytes]


@cache
def pictures() -> tuple[Seed, ...]:
    """Return the pictures, every format among each size; the same in every run."""
    rng = np.random.default_rng(0)
    sizes = rng.choice(list(SIDES), COUNT, p=list(SHARES.values()))
    writers = [list(_WRITERS)[number % len(_WRITERS)] for number in range(COUNT)]
    return tuple(_picture(size, writer, rng) for size, writer in zip(sizes, writers, strict=True))


@cache
def scan() -> Seed:
    """Return the largest picture, a JPEG."""
    return _seed("jpeg/scan", _write_jpeg(_crop(*SCAN, np.random.default_rng(1))), SCAN)


def _picture(size: str, writer: str, rng: np.random.Generator) -> Seed:
    height, width = (int(side) for side in rng.integers(*SIDES[size], size=2))
    frames = 3 if writer in _ANIMATED else 1
    if frames > 1:
        height, width = min(height, 200), min(width, 200)
    file = _WRITERS[writer](_crop(height, width, rng))
    return _seed(f"{writer} {size}", file, (height, width), frames)


def _seed(name: str, file: bytes, shape: tuple[int, int], frames: int = 1) -> Seed:
    return Seed(name, file, (shape[1], shape[0]), frames)


def _crop(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """Return (height, width, 3) uint8 out of a tiling of photographs, with noise of some level."""
    photograph = (data.astronaut, data.chelsea, data.coffee)[rng.integers(3)]()
    top, left = (int(rng.integers(side)) for side in photograph.shape[:2])
    rows = (top + np.arange(height)) % photograph.shape[0]
    columns = (left + np.arange(width)) % photograph.shape[1]
    return with_noise(photograph[rows][:, columns], sigma=float(rng.uniform(0, 40)), seed=int(rng.integers(1000)))


def _with_pillow(format_: str, mode: str = "RGB", **options: object) -> Writer:
    def write(pixels: np.ndarray) -> bytes:
        target = io.BytesIO()
        Image.fromarray(pixels).convert(mode).save(target, format_, **options)
        return target.getvalue()

    return write


def _animated(format_: str, **options: object) -> Writer:
    def write(pixels: np.ndarray) -> bytes:
        first, *others = (Image.fromarray(np.roll(pixels, 5 * step, axis=1)) for step in range(3))
        target = io.BytesIO()
        first.save(target, format_, save_all=True, append_images=others, duration=80, loop=0, **options)
        return target.getvalue()

    return write


def _tiff(pixels: np.ndarray) -> bytes:
    """Return a TIFF of 16 bits."""
    target = io.BytesIO()
    tifffile.imwrite(target, pixels.astype(np.uint16) * 257, photometric="rgb", compression="zlib")
    return target.getvalue()


def _gray_16(pixels: np.ndarray) -> bytes:
    target = io.BytesIO()
    Image.fromarray(pixels[..., 1].astype(np.uint16) * 257).save(target, "PNG")
    return target.getvalue()


_write_jpeg = _with_pillow("JPEG", quality=92)
_WRITERS: dict[str, Writer] = {
    "png/RGB": _with_pillow("PNG"),
    "jpeg/RGB": _write_jpeg,
    "png/L": _with_pillow("PNG", "L"),
    "webp/lossy": _with_pillow("WEBP", quality=90),
    "png/RGBA": _with_pillow("PNG", "RGBA"),
    "jpeg/L": _with_pillow("JPEG", "L", quality=90),
    "tiff/16 bits": _tiff,
    "avif/RGB": _with_pillow("AVIF", quality=80, speed=9),
    "png/16 bits": _gray_16,
    "gif/RGB": _with_pillow("GIF", "P"),
    "jpeg/CMYK": _with_pillow("JPEG", "CMYK", quality=90),
    "webp/lossless": _with_pillow("WEBP", lossless=True, method=0),
    "png/P": _with_pillow("PNG", "P"),
    "tiff/RGB": _with_pillow("TIFF"),
    "bmp/RGB": _with_pillow("BMP"),
    "webp/animated": _animated("WEBP", quality=80),
    "gif/animated": _animated("GIF"),
}
_ANIMATED = {name for name in _WRITERS if name.endswith("animated")}
