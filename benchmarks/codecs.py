"""What the service's codecs cost: core-seconds to decode an upload and to encode its answer."""

import io
import statistics
import time

from app.images import Picture, decode, encode, inspect

MAX_PIXELS = 10**9


def codec_core_seconds(sent: bytes, answered: bytes, runs: int) -> float:
    """Return the median core-seconds of decoding `sent` and of encoding the pixels of `answered` in its format."""
    clean = _decoded(answered).pixels
    used = []
    for _ in range(runs):
        cpu = time.process_time()
        picture = _decoded(sent)
        encode(clean, picture, picture.format, None)
        used.append(time.process_time() - cpu)
    return statistics.median(used)


def _decoded(file: bytes) -> Picture:
    return decode(io.BytesIO(file), inspect(io.BytesIO(file), MAX_PIXELS))
