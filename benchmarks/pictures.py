"""What the benchmarks upload: scikit-image's photographs with noise, handwritten digits, and large tilings of them."""

import io
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from PIL import Image
from skimage import data
from sklearn.datasets import load_digits

from benchmarks.client import post
from models.pixels import ByteImage

SIGMA = 25
DIGIT = 28
PHOTO_PATH = f"/denoise?sigma={SIGMA}"
DIGITS_PATH = "/denoise?model=digits-denoise"
_STRIP = 500

Image.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True)
class Uploads:
    """Files of one size, and where they are posted."""

    name: str
    path: str
    files: tuple[bytes, ...]
    megapixels: float

    @property
    def requests(self) -> list[bytes]:
        """The files as requests, as they go over the wire."""
        return [post(self.path, file) for file in self.files]


@cache
def digits() -> Uploads:
    """64 handwritten digits of 28 x 28 with strong noise, as PNG."""
    images = [Image.fromarray((image * 15.9375).astype(np.uint8)) for image in load_digits().images[:64]]
    pictures = [np.asarray(image.resize((DIGIT, DIGIT), Image.Resampling.BILINEAR)) for image in images]
    generator = np.random.default_rng(0)
    files = tuple(encoded(noisy(picture, 127, generator), "PNG") for picture in pictures)
    return Uploads("28 x 28", DIGITS_PATH, files, DIGIT * DIGIT / 1e6)


@cache
def squares() -> Uploads:
    """Four photographs of 512 x 512 with noise, as PNG."""
    generator = np.random.default_rng(0)
    turned = [np.rot90(data.astronaut(), turns) for turns in range(4)]
    files = tuple(encoded(noisy(picture, SIGMA, generator), "PNG") for picture in turned)
    return Uploads("512 x 512", PHOTO_PATH, files, 512 * 512 / 1e6)


def large(height: int, width: int) -> Uploads:
    """One picture of `height` x `width` with noise, as JPEG: a tiling of photographs."""
    generator = np.random.default_rng(0)
    picture = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, _STRIP):
        rows = np.arange(top, min(top + _STRIP, height)) % 512
        clean = np.take(data.astronaut()[rows], np.arange(width) % 512, axis=1)
        picture[top : top + _STRIP] = noisy(clean, SIGMA, generator)
    return Uploads(f"{width} x {height}", PHOTO_PATH, (encoded(picture, "JPEG", quality=95),), height * width / 1e6)


def small(count: int) -> Uploads:
    """Return `count` crops of photographs, gray and colour, with sides of 16 to 256, each of another size, as PNG."""
    generator = np.random.default_rng(0)
    photographs = (data.astronaut(), data.chelsea(), data.coffee(), data.camera())
    files, pixels = [], 0
    for number in range(count):
        height, width = (int(side) for side in generator.integers(16, 257, size=2))
        crop = photographs[number % len(photographs)][:height, :width]
        files.append(encoded(noisy(crop, SIGMA, generator), "PNG"))
        pixels += crop.shape[0] * crop.shape[1]
    return Uploads("16 to 256", PHOTO_PATH, tuple(files), pixels / count / 1e6)


def noisy(clean: ByteImage, sigma: float, generator: np.random.Generator) -> ByteImage:
    """Return `clean` with Gaussian noise, clipped and rounded: what a client can upload."""
    noise: npt.NDArray[np.float32] = generator.standard_normal(clean.shape, dtype=np.float32)
    return np.asarray(np.rint(np.clip(clean + noise * np.float32(sigma), 0, 255)), dtype=np.uint8)


def encoded(pixels: ByteImage, format_: str, **options: int) -> bytes:
    """Return (H, W) or (H, W, 3) as a file."""
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, format=format_, **options)
    return target.getvalue()


def decoded(file: bytes) -> ByteImage:
    """Return the pixels of a file: (H, W) or (H, W, 3)."""
    with Image.open(io.BytesIO(file)) as image:
        return np.asarray(image)


def check_answer(sent: bytes, got: bytes) -> None:
    """Raise RuntimeError unless `got` is a picture as large as `sent` and other than it."""
    before, after = decoded(sent), decoded(got)
    if before.shape != after.shape or np.array_equal(before, after):
        raise RuntimeError(f"an upload of {before.shape} was answered with {after.shape}, or unchanged")
