"""Measuring how well boxes blacked out of photographs are filled in, with what OpenCV's methods reach beside it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import keras
import numpy as np

from models.card import Figure, Input
from models.denoising import Run, denoise
from models.pixels import ByteImage, Mask
from models.tiles import DEFAULT_TILE
from training.degradations import blacked_out, box_mask
from training.metrics import psnr

SIDES = (4, 32)
PER_MEGAPIXEL = 300
TRIALS = 10
PROTOCOL = (
    f"{PER_MEGAPIXEL} black boxes per megapixel, sides {SIDES[0]}-{SIDES[1]} pixels, may overlap; {TRIALS} trials, "
    f"default_rng(0) to default_rng({TRIALS - 1}) for each image; output clipped and rounded to 8 bits"
)
METRICS = ("PSNR in the boxes", "PSNR")
BLIND, TOLD = "mask not given", "mask given"

Fill = Callable[[ByteImage, Mask], ByteImage]
"""A method: of a picture (H, W, 3) uint8 with black boxes and their mask (H, W), True in boxes, the filled one."""


def box_figures(run: Run, spec: Input, pictures: Sequence[ByteImage], *, dataset: str) -> list[Figure]:
    """Return the mean PSNR in the boxes and of the whole picture, over all trials and `pictures` (H, W, 3) uint8.

    The network finds the boxes itself or is given the mask; `peers` are given it. Outside a given mask, pixels stay as
    they are.
    """
    measure = partial(_figures, pictures, dataset)
    ours = measure(fillers(run, spec), keras.backend.backend(), "float32")
    return [*ours, *measure(peers(), "opencv", "uint8")]


def _figures(
    pictures: Sequence[ByteImage], dataset: str, methods: Mapping[str, Fill], backend: str, precision: str
) -> Iterator[Figure]:
    for method, fill in methods.items():
        for metric, value in zip(METRICS, mean_psnr(fill, pictures), strict=True):
            yield Figure(
                metric=f"{metric}, {method}",
                value=round(value, 3),
                unit="dB",
                dataset=dataset,
                images=len(pictures),
                protocol=PROTOCOL,
                backend=backend,
                precision=precision,
            )


def mean_psnr(fill: Fill, pictures: Sequence[ByteImage], trials: int = TRIALS) -> tuple[float, float]:
    """Return the mean PSNR in dB in the boxes, and that of the whole pictures, over all trials."""
    results = [_psnrs(fill, clean, trial) for clean in pictures for trial in range(trials)]
    inside, overall = np.mean(results, axis=0)
    return float(inside), float(overall)


def _psnrs(fill: Fill, clean: ByteImage, trial: int) -> tuple[float, float]:
    boxed, mask = trial_of(clean, trial)
    filled = fill(boxed, mask)
    return psnr(clean[mask], filled[mask]), psnr(clean, filled)


def trial_of(clean: ByteImage, trial: int) -> tuple[ByteImage, Mask]:
    """Return `clean` (H, W, 3) with the black boxes of a trial, and their mask (H, W), True in boxes."""
    count = max(1, round(PER_MEGAPIXEL * clean.shape[0] * clean.shape[1] / 1e6))
    mask = box_mask(clean.shape, count, np.random.default_rng(trial), sides=SIDES)
    return blacked_out(clean, mask), mask


def fillers(run: Run, spec: Input) -> dict[str, Fill]:
    """Return the network as two methods: left to find the boxes, and given the mask."""
    return {BLIND: partial(_filled, run, spec, told=False), TOLD: partial(_filled, run, spec, told=True)}


def _filled(run: Run, spec: Input, boxed: ByteImage, mask: Mask, *, told: bool) -> ByteImage:
    return denoise(boxed, run, spec, tile=DEFAULT_TILE, mask=mask if told else "auto")


def peers() -> dict[str, Fill]:
    """Return OpenCV's methods, each with a good radius: Telea 2004, and Bertalmio et al. 2001 (Navier-Stokes)."""
    import cv2

    # On held-out training photographs, of 2 to 16; Navier-Stokes gains 0.05 dB from 9 to 16, in three times the time.
    methods = {("Telea", 7): cv2.INPAINT_TELEA, ("Navier-Stokes", 9): cv2.INPAINT_NS}
    return {
        f"cv2.inpaint {name} radius {radius}": partial(_inpainted, radius, method)
        for (name, radius), method in methods.items()
    }


def _inpainted(radius: int, method: int, boxed: ByteImage, mask: Mask) -> ByteImage:
    import cv2

    return np.asarray(cv2.inpaint(boxed, mask.astype(np.uint8), radius, method), np.uint8)
