"""Picture quality of a running service: noisy files over HTTP, with the noise level told and with `sigma=auto`.

    python -m benchmarks.over_http http://127.0.0.1:8000 --data FOLDER --sigma 15 25 50

The files are those that `python -m training evaluate photo --protocol http` makes: the figures must be its own.
"""

import argparse
import io
from pathlib import Path

import httpx
import numpy as np
from PIL import Image

from models.pixels import ByteImage
from training.evaluate import degrade
from training.metrics import psnr
from training.options import noise_level
from training.photographs import image_files, read_picture


def as_png(pixels: ByteImage) -> bytes:
    """Return (H, W, 1 or 3) as a PNG file."""
    target = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(target, format="PNG", compress_level=1)
    return target.getvalue()


def denoised(client: httpx.Client, file: bytes, sigma: float | str) -> tuple[ByteImage, float]:
    """Return what the service makes of `file`, and the noise level it used. Raises httpx.HTTPStatusError."""
    answer = client.post("/denoise", params={"sigma": sigma}, content=file).raise_for_status()
    pixels = np.asarray(Image.open(io.BytesIO(answer.content)))
    return pixels if pixels.ndim == 3 else pixels[..., None], float(answer.headers["X-Noise-Sigma"])


def main() -> None:
    """Print a line for each noise level."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--data", type=Path, required=True, help="folder of clean pictures")
    parser.add_argument("--sigma", type=noise_level, nargs="+", default=[15.0, 25.0, 50.0])
    arguments = parser.parse_args()
    files = image_files(arguments.data)
    with httpx.Client(base_url=arguments.url, timeout=300) as client:
        for sigma in arguments.sigma:
            told, found, levels = [], [], []
            for clean in map(read_picture, files):
                noisy = as_png(np.asarray(degrade(clean, sigma, "http"), dtype=np.uint8))
                told.append(psnr(clean, denoised(client, noisy, sigma)[0]))
                pixels, level = denoised(client, noisy, "auto")
                found.append(psnr(clean, pixels))
                levels.append(level)
            print(
                f"{arguments.data.name}, {len(files)} images, sigma {sigma:g}: told {np.mean(told):.3f} dB, "
                f"auto {np.mean(found):.3f} dB (levels found: {np.mean(levels):.1f} ± {np.std(levels):.1f})"
            )


if __name__ == "__main__":
    main()
