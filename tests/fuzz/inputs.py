"""Requests by number: the same seed and number give the same bytes, today and next year."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.fuzz.bombs import BOMBS, Bomb
from tests.fuzz.disguises import DISGUISES
from tests.fuzz.mutations import mutations_of
from tests.fuzz.seeds import Seed, seeds

INTACT = "intact"
"""The kind of an input that is a seed as it is."""
INTACT_SHARE = 0.05
BOMB_SHARE = 0.004
TWICE_SHARE = 0.15
READ, REFUSED = frozenset({200}), frozenset({415, 422})
_FILE_NAMES = (
    "x.png",
    "photo.jpeg",
    "../../etc/passwd",
    "a\\b.exe",
    "\u202egnp.svg",
    "CON",
    "",
    "x" * 300,
    "p;q='r'.gif",
)
_FORMATS = ("png", "jpeg", "webp", "avif", "tiff", "gif")
_LOSSY = ("jpeg", "webp", "avif")
_ACCEPTED = ("*/*", "image/webp,*/*;q=0.8", "image/avif", "image/gif;q=0.5, image/tiff", "image/apng, image/png;q=0.9")
_BOUNDARY = "fuzz-7c1d5f0e"


@dataclass(frozen=True)
class Input:
    """One request. `statuses` are those right for it, None: any of the contract; `intact` is the seed if unchanged."""

    kind: str
    origin: str
    file: bytes
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    form: bool
    file_name: str
    statuses: frozenset[int] | None = None
    intact: Seed | None = None

    def body(self) -> tuple[bytes, str]:
        """Return the body and its content type."""
        if not self.form:
            return self.file, self.headers.get("Content-Type", "application/octet-stream")
        head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{self.file_name}"\r\n\r\n'
        body = head.encode() + self.file + f"\r\n--{_BOUNDARY}--\r\n".encode()
        return body, f"multipart/form-data; boundary={_BOUNDARY}"


def drawn(seed: int, number: int) -> Input:
    """Return the input of that number: first each bomb, disguise and valid file, then what is drawn."""
    rng = np.random.default_rng([seed, number])
    if number < fixed():
        return _fixed(number, rng)
    draw = rng.random()
    if draw < BOMB_SHARE:
        return _bomb(BOMBS[rng.integers(len(BOMBS))], rng)
    origin = seeds()[rng.integers(len(seeds()))]
    return _intact(origin, rng) if draw < BOMB_SHARE + INTACT_SHARE else _mutated(origin, rng)


def fixed() -> int:
    """Return how many inputs come before those that are drawn."""
    return len(BOMBS) + len(DISGUISES) + len(seeds())


def _fixed(number: int, rng: np.random.Generator) -> Input:
    if number < len(BOMBS):
        return _bomb(BOMBS[number], rng)
    number -= len(BOMBS)
    if number < len(DISGUISES):
        return _disguise(list(DISGUISES)[number], rng)
    return _intact(seeds()[number - len(DISGUISES)], rng)


def _intact(seed: Seed, rng: np.random.Generator) -> Input:
    return Input(INTACT, seed.name, seed.file, **_request(rng), statuses=READ if seed.read else REFUSED, intact=seed)


def _mutated(origin: Seed, rng: np.random.Generator) -> Input:
    known = mutations_of(origin.format)
    names = list(known)
    kind = names[rng.integers(len(names))]
    file = known[kind](origin, rng)
    if file and rng.random() < TWICE_SHARE:
        byte = int(rng.integers(len(file)))
        file = file[:byte] + rng.bytes(1) + file[byte + 1 :]
    return Input(kind, origin.name, file, **_request(rng))


def _bomb(bomb: Bomb, rng: np.random.Generator) -> Input:
    return Input("bomb", bomb.name, bomb.make(), **_request(rng), statuses=bomb.statuses)


def _disguise(kind: str, rng: np.random.Generator) -> Input:
    return Input("disguised", kind, DISGUISES[kind](), **_request(rng), statuses=REFUSED)


def _request(rng: np.random.Generator) -> dict[str, Any]:
    path = str(rng.choice(["/denoise", "/reconstruct", "/encode"], p=[0.6, 0.2, 0.2]))
    query: dict[str, str] = {}
    if path == "/denoise":
        query |= _denoising(rng)
    if path != "/encode":
        query |= _answer(rng)
    headers = {"Content-Type": str(rng.choice([*(f"image/{each}" for each in _FORMATS), "application/octet-stream"]))}
    if rng.random() < 0.3:
        headers["Accept"] = str(rng.choice(_ACCEPTED)) if path != "/encode" else "application/x-npy"
    form, file_name = bool(rng.random() < 0.5), str(rng.choice(_FILE_NAMES))
    return {"path": path, "query": query, "headers": headers, "form": form, "file_name": file_name}


def _denoising(rng: np.random.Generator) -> dict[str, str]:
    if rng.random() < 0.1:
        return {"model": "digits-denoise"}
    query = {}
    if rng.random() < 0.6:
        query["sigma"] = str(rng.choice(["auto", "0", "12.5", "75"]))
    if rng.random() < 0.4:
        query["strength"] = str(rng.choice(["0", "0.5", "2"]))
    return query


def _answer(rng: np.random.Generator) -> dict[str, str]:
    query = {}
    if rng.random() < 0.5:
        query["format"] = str(rng.choice(_FORMATS))
        if query["format"] in _LOSSY and rng.random() < 0.5:
            query["quality"] = str(rng.choice([1, 60, 100]))
    if rng.random() < 0.3:
        query["metadata"] = str(rng.choice(["no-gps", "all", "none"]))
    return query
