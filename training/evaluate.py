"""Measuring a denoiser on a folder of clean photographs, under a named protocol; an .npz goes to digit_figures."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal, get_args

import keras
import numpy as np
from PIL import Image

from models.card import Figure, Input, ModelCard
from models.denoising import Run, denoise
from models.pixels import ByteImage, FloatImage, to_bytes, to_float
from models.tiles import DEFAULT_TILE
from training import digit_figures, digits
from training.degradations import gaussian
from training.inference import runner
from training.metrics import psnr
from training.photographs import image_files

Protocol = Literal["float", "http"]
PROTOCOLS: tuple[Protocol, ...] = get_args(Protocol)


def read_picture(path: Path) -> ByteImage:
    """Return an image file as (H, W, 1) uint8 if it is gray, else as (H, W, 3)."""
    with Image.open(path) as image:
        gray = image.mode in {"1", "L", "LA", "I;16"}
        pixels = np.asarray(image.convert("L" if gray else "RGB"))
    return pixels[..., None] if gray else pixels


def degrade(clean: ByteImage, sigma: float, protocol: Protocol) -> ByteImage | FloatImage:
    """Return `clean` with Gaussian noise from `default_rng(0)`, float32 in 0-1.

    Protocol `float`: not clipped, not rounded, as in the literature. `http`: what a client can upload, clipped and
    rounded to uint8.
    """
    noisy = gaussian(to_float(clean), sigma, np.random.default_rng(0))
    return to_bytes(noisy) if protocol == "http" else noisy


def denoising_psnr(
    run: Run, spec: Input, pictures: Iterable[ByteImage], sigma: float, protocol: Protocol, *, takes_sigma: bool = True
) -> list[float]:
    """Return the PSNR in dB of each picture, degraded and denoised whole; output clipped and rounded to 8 bits."""
    results = []
    for clean in pictures:
        noisy = degrade(clean, sigma, protocol)
        restored = denoise(noisy, run, spec, tile=DEFAULT_TILE, sigma=sigma if takes_sigma else None)
        results.append(psnr(clean, restored))
    return results


def psnr_figure(results: Sequence[float], *, dataset: str, sigma: float, protocol: Protocol, precision: str) -> Figure:
    """Return the mean of `results`, the PSNR of each picture of `dataset`, as a figure for the card."""
    return Figure(
        metric="PSNR",
        value=round(float(np.mean(results)), 3),
        unit="dB",
        dataset=dataset,
        images=len(results),
        sigma=sigma,
        protocol=protocol,
        backend=keras.backend.backend(),
        precision=precision,
    )


def figures_of(
    card: ModelCard, model: keras.Model, data: Path, sigmas: Sequence[float], protocol: Protocol
) -> list[Figure]:
    """Measure `model` on `data`: a folder of clean pictures at each of `sigmas`, or an .npz of digits.

    Raises ValueError when the data are not of the kind that the model is for.
    """
    if data.is_file():
        return digit_figures.figures(card, model, digits.read(data))
    if card.task != "denoise":
        raise ValueError(f"{card.reference} is measured on an .npz of digits, not on {data}")
    run, files = runner(model), image_files(data)
    takes_sigma = "sigma" in card.controls
    return [
        psnr_figure(
            denoising_psnr(run, card.input, map(read_picture, files), sigma, protocol, takes_sigma=takes_sigma),
            dataset=data.name,
            sigma=sigma,
            protocol=protocol,
            precision="float32",
        )
        for sigma in sigmas
    ]
