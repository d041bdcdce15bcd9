"""What is used today: OpenCV's and scikit-image's filters and, where somebody installed it, BM3D.

Each yields a small grid of settings around the noise level, of which the best for each picture counts, chosen by the
PSNR itself: a bound from above on what its users reach. Where the level is unknown the grid is that of every guess.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from itertools import product

import cv2
import numpy as np
from skimage.restoration import denoise_tv_chambolle, denoise_wavelet

from benchmarks.quality.measure import Method
from models.pixels import LEVELS, ByteImage, to_bytes, to_float

NON_LOCAL_MEANS_FACTORS = (0.4, 0.55, 0.7, 0.85, 1.0, 1.2)
BILATERAL_FACTORS = (2.0, 3.0, 4.0, 6.0)
BILATERAL_RADII = (1.5, 2.5, 4.0)
TOTAL_VARIATION_FACTORS = (0.4, 0.55, 0.7, 0.85, 1.0)
WAVELETS = ("db1", "db2", "sym8")
WAVELET_FACTORS = {"BayesShrink": (0.6, 0.8, 1.0, 1.2), "VisuShrink": (0.2, 0.3, 0.4, 0.6, 0.8)}
BM3D_FACTORS = (0.8, 1.0, 1.2)

NEEDED = {"scikit-image wavelet": "pywt", "BM3D": "bm3d"}
"""The modules beyond our dependencies that peers need, by the beginning of their names.

`bm3d` is for non-commercial use only, so nothing here depends on it: its users install it themselves.
"""


def non_local_means(noisy: ByteImage, levels: Sequence[float], *, in_lab: bool) -> Iterator[ByteImage]:
    """Yield OpenCV's fast non-local means (Buades, Coll and Morel 2005) with `h` from 0.4 to 1.2 times the level.

    With `in_lab` colour goes through `fastNlMeansDenoisingColored`, which filters lightness and colour apart; otherwise
    through `fastNlMeansDenoising`, which compares the three values as one. Gray pictures know the latter alone.
    """
    for strength in _scaled(NON_LOCAL_MEANS_FACTORS, levels):
        if in_lab and noisy.shape[2] == 3:
            # OpenCV documents BGR. On RGB its colours would be weighted otherwise.
            clean = cv2.fastNlMeansDenoisingColored(_swapped(noisy), None, strength, strength)
            yield _swapped(np.asarray(clean, np.uint8))
        else:
            yield np.asarray(cv2.fastNlMeansDenoising(noisy, None, strength), np.uint8).reshape(noisy.shape)


def bilateral(noisy: ByteImage, levels: Sequence[float]) -> Iterator[ByteImage]:
    """Yield OpenCV's bilateral filter (Tomasi and Manduchi 1998): 4 widths in colour by 3 in space."""
    for colour, space in product(_scaled(BILATERAL_FACTORS, levels), BILATERAL_RADII):
        yield np.asarray(cv2.bilateralFilter(noisy, 0, colour, space), np.uint8).reshape(noisy.shape)


def total_variation(noisy: ByteImage, levels: Sequence[float]) -> Iterator[ByteImage]:
    """Yield scikit-image's total variation denoising (Chambolle 2004), weights of 0.4 to 1 times the level."""
    for weight in _scaled(TOTAL_VARIATION_FACTORS, levels):
        yield to_bytes(denoise_tv_chambolle(to_float(noisy), weight=weight / LEVELS, channel_axis=2))


def wavelet(noisy: ByteImage, levels: Sequence[float], *, rule: str) -> Iterator[ByteImage]:
    """Yield scikit-image's wavelet denoising, colour in YCbCr, for three wavelets and several assumed levels.

    `rule` sets the thresholds: `BayesShrink` (Chang, Yu and Vetterli 2000) or `VisuShrink` (Donoho and Johnstone 1994),
    which blurs at the true level, so that smaller ones are tried.
    """
    for name, sigma in product(WAVELETS, _scaled(WAVELET_FACTORS[rule], levels)):
        clean = denoise_wavelet(
            to_float(noisy),
            sigma=sigma / LEVELS,
            wavelet=name,
            method=rule,
            convert2ycbcr=noisy.shape[2] == 3,
            rescale_sigma=True,
            channel_axis=2,
        )
        yield to_bytes(np.asarray(clean, np.float32))


def block_matching(noisy: ByteImage, levels: Sequence[float]) -> Iterator[ByteImage]:
    """Yield BM3D (Dabov, Foi, Katkovnik and Egiazarian 2007), by its authors' package, told 0.8 to 1.2 times the level.

    Raises ImportError where `bm3d` is not installed.
    """
    bm3d = import_module("bm3d")
    run = bm3d.bm3d_rgb if noisy.shape[2] == 3 else bm3d.bm3d
    values = to_float(noisy)
    for sigma in _scaled(BM3D_FACTORS, levels):
        clean = run(values if noisy.shape[2] == 3 else values[..., 0], sigma / LEVELS)
        yield to_bytes(np.asarray(clean, np.float32).reshape(noisy.shape))


PEERS = (
    Method("OpenCV non-local means, RGB", partial(non_local_means, in_lab=False)),
    Method("OpenCV non-local means, Lab", partial(non_local_means, in_lab=True)),
    Method("OpenCV bilateral", bilateral),
    Method("scikit-image wavelet, BayesShrink", partial(wavelet, rule="BayesShrink")),
    Method("scikit-image wavelet, VisuShrink", partial(wavelet, rule="VisuShrink")),
    Method("scikit-image total variation", total_variation),
    Method("BM3D", block_matching),
)


def missing(method: Method) -> str | None:
    """Return the module that `method` needs and this environment lacks."""
    needed = (module for start, module in NEEDED.items() if method.name.startswith(start))
    return next((module for module in needed if find_spec(module) is None), None)


def _scaled(factors: Iterable[float], levels: Sequence[float]) -> list[float]:
    """Return every factor of every level once, ascending."""
    return sorted({round(factor * level, 6) for factor, level in product(factors, levels)})


def _swapped(picture: ByteImage) -> ByteImage:
    """Return RGB as BGR or back, (H, W, 3)."""
    return np.ascontiguousarray(picture[..., ::-1])
