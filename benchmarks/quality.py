"""Picture quality beside what is used today: the same noisy pictures through each method, in one run.

    make bench-quality ARGS="--data FOLDER --sigma 15 25 50 --crops docs/before-after.png"

Protocol: noise from `default_rng(0)`, clipped and rounded to 8 bits as an uploaded file is; PSNR over all pixels and
channels, mean over the pictures. The classical methods are told nothing about the noise but get their best setting of
a small grid for every picture, chosen by the PSNR itself: a bound from above on what their users reach.
"""

import argparse
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from skimage import data

from app.engine import TensorFlowEngine, use
from app.threads import cores, one_thread_for_blas
from models.denoising import denoise
from models.noise import estimate_sigma
from models.pixels import ByteImage
from models.store import BUNDLED, newest, verify
from models.tiles import DEFAULT_TILE
from training.evaluate import degrade, read_picture
from training.metrics import psnr
from training.photographs import image_files

Method = Callable[[ByteImage, float], Iterable[ByteImage]]
"""Noisy (H, W, C) and its true sigma to the result of each setting."""

EXAMPLES = ("astronaut", "camera", "chelsea", "coffee")
CROP = 160


@dataclass
class Score:
    """PSNR of each picture and the time its best setting took, in seconds per megapixel."""

    psnr: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


def photo(model: str, *, blind: bool) -> Method:
    """Our denoiser as the service runs it, told the noise level or estimating it."""
    artifact = verify(newest(BUNDLED, model))
    use("auto", cores())
    one_thread_for_blas()
    run = TensorFlowEngine(artifact).run

    def method(noisy: ByteImage, sigma: float) -> Iterable[ByteImage]:
        level = estimate_sigma(noisy) if blind else sigma
        yield denoise(noisy, run, artifact.card.input, tile=DEFAULT_TILE, sigma=level)

    return method


def non_local_means(noisy: ByteImage, sigma: float) -> Iterable[ByteImage]:
    """OpenCV's fast non-local means (Buades et al. 2005)."""
    for factor in (0.4, 0.6, 0.8, 1.0, 1.2):
        if noisy.shape[2] == 1:
            yield np.asarray(cv2.fastNlMeansDenoising(noisy[..., 0], None, factor * sigma)[..., None], np.uint8)
        else:
            clean = cv2.fastNlMeansDenoisingColored(noisy, None, factor * sigma, factor * sigma)
            yield np.asarray(clean, np.uint8)


def bilateral(noisy: ByteImage, sigma: float) -> Iterable[ByteImage]:
    """OpenCV's bilateral filter (Tomasi and Manduchi 1998)."""
    for colour in (2.0, 3.0, 4.0, 6.0):
        for space in (1.5, 2.5, 4.0):
            yield np.asarray(cv2.bilateralFilter(noisy, 0, colour * sigma, space).reshape(noisy.shape), np.uint8)


def pictures(folder: Path | None) -> list[ByteImage]:
    """Return the clean pictures: those of a folder, or four of scikit-image's."""
    if folder:
        return [read_picture(path) for path in image_files(folder)]
    loaded = [np.asarray(getattr(data, name)()) for name in EXAMPLES]
    return [each if each.ndim == 3 else each[..., None] for each in loaded]


def measure(method: Method, clean: ByteImage, noisy: ByteImage, sigma: float, score: Score) -> ByteImage:
    """Add the best setting's PSNR and time to `score`; return its picture."""
    results = []
    started = time.perf_counter()
    for result in method(noisy, sigma):
        elapsed = time.perf_counter() - started
        results.append((psnr(clean, result), elapsed, result))
        started = time.perf_counter()
    best = max(results, key=lambda each: each[0])
    score.psnr.append(best[0])
    score.seconds.append(best[1] / (clean.shape[0] * clean.shape[1] / 1e6))
    return best[2]


def table(scores: dict[str, dict[float, Score]]) -> str:
    """Return a Markdown table: a row a method, PSNR by noise level, median seconds per megapixel."""
    sigmas = list(next(iter(scores.values())))
    lines = [
        "| method | " + " | ".join(f"sigma {sigma:g}" for sigma in sigmas) + " | s/MP |",
        "|---|" + "---|" * (len(sigmas) + 1),
    ]
    for name, by_sigma in scores.items():
        cells = [f"{np.mean(by_sigma[sigma].psnr):.2f} dB" for sigma in sigmas]
        seconds = np.median([each for score in by_sigma.values() for each in score.seconds])
        lines.append(f"| {name} | " + " | ".join(cells) + f" | {seconds:.2f} |")
    return "\n".join(lines)


def crop(picture: ByteImage) -> ByteImage:
    """Return the middle of a picture as RGB."""
    top, left = (picture.shape[0] - CROP) // 2, (picture.shape[1] - CROP) // 2
    middle = picture[max(top, 0) : top + CROP, max(left, 0) : left + CROP]
    return np.repeat(middle, 3, axis=2) if middle.shape[2] == 1 else middle


def main() -> None:
    """Measure and print the table; with --crops, save noisy, each method, clean side by side, a row a picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of clean pictures (default: four of scikit-image's)")
    parser.add_argument("--sigma", type=float, nargs="+", default=[15.0, 25.0, 50.0])
    parser.add_argument("--model", default="photo")
    parser.add_argument("--crops", type=Path, help="PNG file for the crops of the middle noise level")
    arguments = parser.parse_args()
    methods: dict[str, Method] = {
        "noisy": lambda noisy, _: [noisy],
        f"limpid `{arguments.model}`, sigma told": photo(arguments.model, blind=False),
        f"limpid `{arguments.model}`, sigma=auto": photo(arguments.model, blind=True),
        "OpenCV non-local means": non_local_means,
        "OpenCV bilateral": bilateral,
    }
    scores = {name: {sigma: Score() for sigma in arguments.sigma} for name in methods}
    rows = []
    shown = sorted(arguments.sigma)[len(arguments.sigma) // 2]
    for clean in pictures(arguments.data):
        for sigma in arguments.sigma:
            noisy = np.asarray(degrade(clean, sigma, "http"), dtype=np.uint8)
            score = partial(measure, clean=clean, noisy=noisy, sigma=sigma)
            results = [score(method, score=scores[name][sigma]) for name, method in methods.items()]
            if sigma == shown:
                rows.append(np.concatenate([crop(each) for each in (*results, clean)], axis=1))
    print(table(scores))
    if arguments.crops:
        Image.fromarray(np.concatenate(rows, axis=0)).save(arguments.crops, optimize=True)


if __name__ == "__main__":
    main()
