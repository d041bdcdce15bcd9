"""What the service's codecs cost: core-seconds to decode an upload and to encode its answer."""

import io
import statistics
import time
from dataclasses import replace

from app.codecs.decoding import decode, inspect
from app.codecs.picture import Limits, Picture
from app.codecs.writing import encode

LIMITS = Limits(pixels=10**9, frames=1)


def codec_core_seconds(sent: bytes, answered: bytes, runs: int) -> float:
    """Return the median core-seconds of decoding `sent` and of encoding the pixels of `answered`, as PNG."""
    clean = _decoded(answered)
    used = []
    for _ in range(runs):
        cpu = time.process_time()
        picture = _decoded(sent)
        encode(replace(picture, frames=clean.frames), "png", None, "no-gps")
        used.append(time.process_time() - cpu)
    return statistics.median(used)


def _decoded(file: bytes) -> Picture:
    upload = io.BytesIO(file)
    return decode(upload, inspect(upload, LIMITS), LIMITS)
