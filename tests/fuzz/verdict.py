"""Was an answer right? What the contract says of each status, and of a picture that comes back."""

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import tifffile
from PIL import Image

from tests.fuzz.inputs import Input
from tests.fuzz.limits import FUZZED, Bounds

CODES: dict[int, frozenset[str]] = {
    400: frozenset({"no_image", "malformed_request"}),
    406: frozenset({"not_acceptable"}),
    408: frozenset({"request_timeout"}),
    413: frozenset({"body_too_large", "image_too_large"}),
    415: frozenset({"unsupported_image"}),
    422: frozenset({"corrupt_image", "image_too_small", "invalid_parameter"}),
    429: frozenset({"overloaded"}),
    504: frozenset({"deadline_exceeded"}),
}
"""The refusals that a file can meet. A service that is ready answers no 503, and no request of ours asks for a 404."""


@dataclass(frozen=True)
class Answer:
    """What came back, and after how many seconds; status 0 and a `lost` reason where nothing did."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    seconds: float = 0.0
    lost: str = ""

    @property
    def outcome(self) -> str:
        """The status with the code of a problem, for counting."""
        code = _problem(self).get("code")
        return f"{self.status} {code}" if code else str(self.status or "lost")


class Measures(NamedTuple):
    """What a picture file was found to be."""

    format: str
    size: tuple[int, int]
    frames: int


def failures(asked: Input, answer: Answer, bounds: Bounds = FUZZED) -> list[str]:
    """Return what is wrong with `answer`; empty for a right one."""
    if answer.lost:
        return [f"connection lost: {answer.lost}"]
    if answer.status == 200:
        found = (
            list(_picture_failures(asked, answer, bounds)) if asked.path != "/encode" else _embedding_failures(answer)
        )
    else:
        found = list(_problem_failures(answer))
    if answer.seconds > bounds.seconds:
        found.append(f"took {answer.seconds:.1f} s")
    if asked.statuses is not None and answer.status not in asked.statuses | {429}:
        found.append(f"{answer.outcome} where {sorted(asked.statuses)} would be right")
    return found


def measured(file: bytes) -> Measures:
    """Return what a picture is, once all its frames are decoded. Raises whatever the decoders raise."""
    if file[:2] in (b"II", b"MM"):
        with tifffile.TiffFile(io.BytesIO(file)) as opened:
            for page in opened.pages:
                page.asarray()
            first = opened.pages[0]
            return Measures("tiff", (first.imagewidth, first.imagelength), len(opened.pages))
    with Image.open(io.BytesIO(file)) as image:
        frames = getattr(image, "n_frames", 1)
        for frame in range(frames):
            image.seek(frame)
            image.load()
        return Measures(str(image.format).lower(), image.size, frames)


def _picture_failures(asked: Input, answer: Answer, bounds: Bounds) -> Iterator[str]:
    try:
        found = measured(answer.body)
    except Exception as error:  # noqa: BLE001  whatever a decoder makes of an answer, it is the answer's fault
        yield f"the answer can't be decoded: {error!r}"
        return
    if answer.headers.get("content-type") != f"image/{found.format}":
        yield f"{found.format} sent as {answer.headers.get('content-type')}"
    if found.format != asked.query.get("format", found.format):
        yield f"{found.format} where {asked.query['format']} was asked for"
    if found.size[0] * found.size[1] * found.frames > bounds.pixels or found.frames > bounds.frames:
        yield f"an answer over the limits: {found}"
    if asked.intact and found.size != asked.intact.size:
        yield f"an answer of {found.size} for a picture of {asked.intact.size}"
    if asked.intact and found.format == asked.intact.format and found.frames != asked.intact.frames:
        yield f"{found.frames} frames for {asked.intact.frames}"


def _embedding_failures(answer: Answer) -> list[str]:
    try:
        vector = _embedding(answer)
    except (ValueError, KeyError, TypeError) as error:
        return [f"no embedding: {error!r}"]
    return [] if vector.ndim == 1 and np.isfinite(vector).all() else ["an embedding with holes"]


def _embedding(answer: Answer) -> np.ndarray:
    if answer.headers.get("content-type") == "application/x-npy":
        return np.asarray(np.load(io.BytesIO(answer.body), allow_pickle=False), float)
    return np.asarray(json.loads(answer.body)["embedding"], float)


def _problem_failures(answer: Answer) -> Iterator[str]:
    problem = _problem(answer)
    if problem.get("code") not in CODES.get(answer.status, frozenset()):
        yield f"status {answer.status} with the code {problem.get('code')}"
    if problem.get("status") != answer.status or not problem.get("detail"):
        yield f"a refusal that is no problem: {answer.body[:200]!r}"
    if answer.status == 429 and not answer.headers.get("retry-after", "").isdigit():
        yield "429 without Retry-After"


def _problem(answer: Answer) -> dict[str, object]:
    if answer.headers.get("content-type") != "application/problem+json":
        return {}
    try:
        body = json.loads(answer.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
