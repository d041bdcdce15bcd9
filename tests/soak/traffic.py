"""Requests by number: what a busy service gets in a day, with one hostile file in a hundred."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from app.settings import Settings
from tests.fuzz.inputs import Input, drawn, fixed
from tests.fuzz.limits import Bounds
from tests.fuzz.seeds import Seed
from tests.soak.pictures import pictures, scan

HOSTILE_SHARE = 0.01
SCAN_SHARE = 0.0005
OK = frozenset({200})
BOUNDS = Bounds(2 * Settings().max_pixels, Settings().max_frames, 150)
"""Of a service with its defaults: a comparison is twice as wide as its picture; 50 megapixels may take 130 s."""

_FORMATS = ("png", "jpeg", "webp", "avif", "tiff", "gif")
_SLOW_PIXELS = 300_000
"""What takes a second of a core for each megapixel, such as AVIF or an ensemble, is asked for of smaller pictures."""


def stream(seed: int) -> Iterator[Input]:
    """Yield requests without end; the same for the same seed."""
    number = 0
    while True:
        yield request(seed, number)
        number += 1


def request(seed: int, number: int) -> Input:
    """Return the request of that number."""
    rng = np.random.default_rng([seed, number])
    draw = rng.random()
    if draw < HOSTILE_SHARE:
        return drawn(seed, int(rng.integers(fixed(), 10**9)))
    picture = scan() if draw < HOSTILE_SHARE + SCAN_SHARE else pictures()[rng.integers(len(pictures()))]
    return _ordinary(picture, rng)


def is_ordinary(asked: Input) -> bool:
    """Tell whether a request is one that must be answered with 200."""
    return asked.statuses == OK


def _ordinary(picture: Seed, rng: np.random.Generator) -> Input:
    path = str(rng.choice(["/denoise", "/reconstruct", "/encode"], p=[0.76, 0.12, 0.12]))
    small = picture.size[0] * picture.size[1] * picture.frames <= _SLOW_PIXELS
    query = _denoising(rng, small=small) if path == "/denoise" else {}
    if path != "/encode":
        query |= _answer(rng, small=small)
    as_drawn = query.get("output") != "comparison"
    return Input(
        path.strip("/"),
        picture.name,
        picture.file,
        path,
        query,
        _headers(rng, path),
        form=bool(rng.random() < 0.7),
        file_name=f"{picture.name.partition('/')[0]}.bin",
        statuses=OK,
        intact=picture if as_drawn else None,
    )


def _headers(rng: np.random.Generator, path: str) -> dict[str, str]:
    npy = path == "/encode" and rng.random() < 0.3
    return {"Content-Type": "application/octet-stream"} | ({"Accept": "application/x-npy"} if npy else {})


def _denoising(rng: np.random.Generator, *, small: bool) -> dict[str, Any]:
    if rng.random() < 0.1:
        return {"model": "digits-denoise"}
    query: dict[str, Any] = {"sigma": str(rng.choice(["auto", "10", "25", "50"], p=[0.7, 0.1, 0.1, 0.1]))}
    if rng.random() < 0.1:
        query["strength"] = str(rng.choice(["0", "0.5", "1.5"]))
    if rng.random() < 0.06:
        query["output"] = str(rng.choice(["residual", "comparison"]))
    if small and rng.random() < 0.02:
        query["ensemble"] = "true"
    return query


def _answer(rng: np.random.Generator, *, small: bool) -> dict[str, Any]:
    query: dict[str, Any] = {}
    if rng.random() < 0.25:
        query["format"] = str(rng.choice(_FORMATS if small else _FORMATS[:2]))
    if rng.random() < 0.1:
        query["metadata"] = str(rng.choice(["all", "none"]))
    return query
