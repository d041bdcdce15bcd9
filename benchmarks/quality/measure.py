"""A method on a case: its picture at its best setting, and how good and how fast that is."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from skimage.metrics import structural_similarity

from benchmarks.quality.cases import Case
from models.pixels import LEVELS, ByteImage
from training.metrics import psnr

GUESSES = (2.0, 4.0, 6.0, 8.0, 10.0, 15.0)
"""The noise levels that methods which need one assume in turn where nobody knows it: real noise."""


@dataclass(frozen=True)
class Method:
    """A way to denoise. `results` takes (H, W, 1 or 3) uint8 and yields that of each setting, each computed when asked.

    Its second argument holds the noise levels to assume: the true one, or `GUESSES`. `told` methods are told the true
    level and have nothing to say where there is none. Those `in_crops` are shown as pictures.
    """

    name: str
    results: Callable[[ByteImage, Sequence[float]], Iterable[ByteImage]]
    told: bool = False
    in_crops: bool = True


@dataclass(frozen=True)
class Score:
    """PSNR in dB, SSIM up to 1, and seconds per megapixel, of the best setting; the PSNR of each in the order tried."""

    psnr: float
    ssim: float
    seconds: float
    settings: tuple[float, ...]


NOISY = Method("noisy", lambda noisy, _: [noisy])


def best(method: Method, case: Case) -> tuple[ByteImage, Score]:
    """Return the result of the setting with the best PSNR, and its score; the time is that of this setting alone."""
    levels = GUESSES if case.sigma is None else (case.sigma,)
    found: tuple[float, float, ByteImage] | None = None
    settings = []
    started = time.perf_counter()
    for picture in method.results(case.noisy, levels):
        seconds = time.perf_counter() - started
        quality = psnr(case.clean, picture)
        settings.append(quality)
        if found is None or quality > found[0]:
            found = quality, seconds, picture
        started = time.perf_counter()
    if found is None:
        raise ValueError(f"{method.name} has no setting for {case.name}")
    quality, seconds, picture = found
    return picture, Score(quality, ssim(case.clean, picture), seconds / case.megapixels, tuple(settings))


def ssim(clean: ByteImage, restored: ByteImage) -> float:
    """Return the mean structural similarity of two (H, W, C) uint8 pictures, channel by channel.

    Wang, Bovik, Sheikh and Simoncelli, "Image Quality Assessment: From Error Visibility to Structural Similarity"
    (IEEE TIP 2004), with its Gaussian window of sigma 1.5. Raises ValueError below 11 pixels a side.
    """
    value = structural_similarity(
        clean,
        restored,
        data_range=LEVELS,
        channel_axis=2,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    return float(value)
