"""What the peers are told on the command line, and what all of them do with a file."""

import argparse
import io
import os
from typing import Any

import numpy as np
from PIL import Image

from models.pixels import ByteImage

HOST = "127.0.0.1"


def options(**extra: Any) -> argparse.Namespace:
    """Return `model`, the `side` of the pictures to come and `extra` integers with their defaults, and the `port`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("side", type=int)
    for name, default in extra.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    arguments = parser.parse_args()
    arguments.port = int(os.environ["LIMPID_PORT"])
    return arguments


def from_png(file: bytes) -> ByteImage:
    """Return (H, W, C)."""
    pixels = np.asarray(Image.open(io.BytesIO(file)))
    return pixels if pixels.ndim == 3 else pixels[..., None]


def to_png(pixels: ByteImage) -> bytes:
    """Return (H, W, C) as a PNG file, compressed as lightly as Pillow can: quicker than what the service does."""
    target = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(target, format="PNG", compress_level=1)
    return target.getvalue()
