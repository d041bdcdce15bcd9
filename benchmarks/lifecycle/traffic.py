"""Requests for both models, and whether each answer's pixels are those of the version that it names."""

import asyncio
import itertools
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import numpy as np

from benchmarks.client import HOST
from benchmarks.pictures import DIGITS_PATH, PHOTO_PATH, decoded, digits, small
from models.pixels import ByteImage

CLIENTS = 4
PICTURES = 8
MOST = 200_000
"""Requests that are sent at most, whatever happens."""
PAUSE_S = 0.02
"""Between two requests of a client: the load is to be there, not to be all that there is."""
CLOSE = 1.0
"""How far the pixels of an answer may be on average from those of the same version at rest, in levels of 255. Batches
are rounded a little differently; the other version is several levels away."""

Expected = dict[tuple[int, str], ByteImage]


def uploads() -> list[tuple[str, bytes]]:
    """Return paths and files: small photographs and digits."""
    photographs = [(PHOTO_PATH, file) for file in small(PICTURES).files]
    return photographs + [(DIGITS_PATH, file) for file in digits().files[:PICTURES]]


def at_rest(port: int) -> Expected:
    """Return what a service without any other load answers now, by picture and name@version."""
    expected = {}
    with httpx.Client(base_url=f"http://{HOST}:{port}", timeout=60) as client:
        for number, (path, file) in enumerate(uploads()):
            answer = client.post(path, content=file).raise_for_status()
            expected[number, version_of(answer)] = decoded(answer.content)
    return expected


def version_of(answer: httpx.Response) -> str:
    """Return the name@version that answered."""
    return answer.headers["X-Model"].partition(";")[0]


def distance(one: ByteImage, other: ByteImage) -> float:
    """Return the mean absolute difference in levels of 255."""
    return float(np.mean(np.abs(one.astype(float) - other.astype(float))))


@dataclass
class Outcome:
    """What came back: statuses, 0 where nothing did; the versions; the largest distance to the version named."""

    statuses: Counter[int] = field(default_factory=Counter)
    versions: Counter[str] = field(default_factory=Counter)
    farthest: float = 0.0
    mistaken: int = 0

    @property
    def failed(self) -> int:
        """The number of answers that are not 200."""
        return self.statuses.total() - self.statuses[httpx.codes.OK]


class Traffic:
    """Sends requests from a thread until `stop`."""

    def __init__(self, port: int, expected: Expected) -> None:
        self.outcome = Outcome()
        self._url, self._expected = f"http://{HOST}:{port}", expected
        self._ended = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._send_all()))

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> Outcome:
        """Let the clients finish and return what came back."""
        self._ended.set()
        self._thread.join()
        return self.outcome

    async def _send_all(self) -> None:
        numbers = itertools.islice(itertools.cycle(range(2 * PICTURES)), MOST)
        sent = uploads()
        async with httpx.AsyncClient(base_url=self._url, timeout=120) as client:
            await asyncio.gather(*(self._send(client, sent, numbers) for _ in range(CLIENTS)))

    async def _send(self, client: httpx.AsyncClient, sent: list[tuple[str, bytes]], numbers: Iterator[int]) -> None:
        for number in numbers:
            if self._ended.is_set():
                return
            path, file = sent[number]
            try:
                answer = await client.post(path, content=file)
            except httpx.TransportError:
                self.outcome.statuses[0] += 1
                continue
            self.outcome.statuses[answer.status_code] += 1
            if answer.status_code == httpx.codes.OK:
                self._check(number, version_of(answer), decoded(answer.content))
            await asyncio.sleep(PAUSE_S)

    def _check(self, number: int, version: str, pixels: ByteImage) -> None:
        away = distance(pixels, self._expected[number, version])
        self.outcome.versions[version] += 1
        self.outcome.farthest = max(self.outcome.farthest, away)
        self.outcome.mistaken += away > CLOSE
