"""Measuring a model: a denoiser on a folder of clean photographs, under a named protocol; others where they belong."""

import math
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

import keras
import numpy as np

from models.card import Figure, ModelCard
from models.pixels import ByteImage, FloatImage, to_bytes, to_float
from training import digit_figures, digits, photo_autoencoder_figures
from training.box_figures import box_figures
from training.degradations import gaussian
from training.inference import runner
from training.method import Method, method_of
from training.metrics import psnr
from training.photographs import image_files, read_picture, read_rgb, real_pairs

Synthetic = Literal["float", "http"]
Protocol = Synthetic | Literal["real"]
PROTOCOLS: tuple[Protocol, ...] = ("float", "http", "real")


def degrade(clean: ByteImage, sigma: float, protocol: Synthetic) -> ByteImage | FloatImage:
    """Return `clean` with Gaussian noise from `default_rng(0)`, float32 in 0-1.

    Protocol `float`: not clipped, not rounded, as in the literature. `http`: what a client can upload, clipped and
    rounded to uint8.
    """
    noisy = gaussian(to_float(clean), sigma, np.random.default_rng(0))
    return to_bytes(noisy) if protocol == "http" else noisy


def denoising_psnr(method: Method, pictures: Iterable[ByteImage], sigma: float, protocol: Synthetic) -> list[float]:
    """Return the PSNR in dB of each picture, degraded and denoised."""
    return [psnr(clean, method(degrade(clean, sigma, protocol), sigma)) for clean in pictures]


def psnr_figure(
    results: Sequence[float], *, dataset: str, protocol: str, sigma: float | None = None, metric: str = "PSNR"
) -> Figure:
    """Return the mean of `results`, the PSNR of each picture of `dataset`, as a figure for the card.

    Raises ValueError where that is infinite.
    """
    mean = float(np.mean(results))
    if not math.isfinite(mean):
        raise ValueError(f"{dataset}: a picture comes back without an error, so that the mean PSNR is infinite")
    return Figure(
        metric=metric,
        value=round(mean, 3),
        unit="dB",
        dataset=dataset,
        images=len(results),
        sigma=sigma,
        protocol=protocol,
        backend=keras.backend.backend(),
        precision="float32",
    )


def figures_of(
    card: ModelCard,
    model: keras.Model,
    data: Path,
    sigmas: Sequence[float],
    protocol: Protocol,
    *,
    auto: bool = False,
    ensemble: bool = False,
) -> list[Figure]:
    """Measure `model` on `data`: clean pictures at each of `sigmas`, real pairs (folders), or an .npz of digits.

    With `auto` the model's own estimator tells the noise level; that of real noise nobody else knows. A model that
    takes a mask fills in boxes instead, see training.box_figures. Of an autoencoder of photographs, see
    training.photo_autoencoder_figures, there is no PCA here, which has nothing to be fitted to. Raises ValueError when
    the data are not of the kind that the model is for.
    """
    if data.is_file():
        return digit_figures.figures(card, model, digits.read(data))
    if card.task == "autoencode" and card.input.channels == 1:
        raise ValueError(f"{card.reference} is measured on an .npz of digits, not on {data}")
    if card.task == "autoencode":
        return photo_autoencoder_figures.figures(model, (), _photographs(data), data.name)
    if "mask" in card.controls:
        return box_figures(runner(model), card.input, _photographs(data), dataset=data.name)
    method = method_of(card, model, auto=auto or protocol == "real", ensemble=ensemble)
    figure = partial(psnr_figure, dataset=data.name, protocol=f"{protocol}{method.suffix}")
    if protocol == "real":
        pairs = list(real_pairs(data))
        before, after = ([psnr(clean, each(noisy, None)) for noisy, clean in pairs] for each in (_as_it_is, method))
        return [figure(before, metric="PSNR of the noisy pictures"), figure(after)]
    files = image_files(data)
    return [figure(denoising_psnr(method, map(read_picture, files), sigma, protocol), sigma=sigma) for sigma in sigmas]


def _photographs(folder: Path) -> list[ByteImage]:
    return [read_rgb(path) for path in image_files(folder)]


def _as_it_is(noisy: ByteImage, _: float | None) -> ByteImage:
    return noisy
