"""The judge finds what is wrong: what it would let pass, no campaign would find."""

import json

import numpy as np
import pytest

from tests.conftest import png
from tests.fuzz.campaign import CHILD_LIMIT_MB, GROWTH_LIMIT_MB, PEAK_GROWTH_LIMIT_MB, Failure, Record
from tests.fuzz.inputs import Input
from tests.fuzz.limits import MAX_PIXELS, TIME_LIMIT_S
from tests.fuzz.seeds import Seed
from tests.fuzz.server import Memory
from tests.fuzz.verdict import Answer, failures

FILE = png(np.zeros((4, 6, 3), np.uint8))
PICTURE = Answer(200, {"content-type": "image/png"}, FILE)


def asked(path: str = "/denoise", **changes: object) -> Input:
    return Input(**{
        "kind": "truncated", "origin": "png/x", "file": b"x", "path": path, "query": {}, "headers": {}, "form": False,
        "file_name": "x.png", **changes,
    })  # fmt: skip


def problem(status: int, code: str, **headers: str) -> Answer:
    body = json.dumps({"status": status, "code": code, "detail": "why"}).encode()
    return Answer(status, {"content-type": "application/problem+json", **headers}, body)


def test_right_answers() -> None:
    assert failures(asked(), PICTURE) == []
    assert failures(asked(), problem(422, "corrupt_image")) == []
    assert failures(asked(), problem(429, "overloaded", **{"retry-after": "3"})) == []
    assert failures(asked("/encode"), Answer(200, {}, b'{"embedding": [0.5, 1]}')) == []


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        (Answer(0, lost="ConnectionResetError()"), "lost"),
        (problem(500, "internal_error"), "500"),
        (problem(503, "not_ready"), "503"),
        (problem(404, "unknown_model"), "404"),
        (problem(422, "unsupported_image"), "422"),
        (problem(429, "overloaded"), "Retry-After"),
        (Answer(422, {"content-type": "text/plain"}, b"no"), "no problem"),
        (Answer(422, {"content-type": "application/problem+json"}, b"{"), "no problem"),
        (Answer(200, PICTURE.headers, FILE[:45]), "decoded"),
        (Answer(200, PICTURE.headers, b""), "decoded"),
        (Answer(200, {"content-type": "image/jpeg"}, FILE), "sent as"),
        (Answer(200, PICTURE.headers, png(np.zeros((1, MAX_PIXELS + 1), np.uint8))), "over the limits"),
        (Answer(200, PICTURE.headers, FILE, seconds=TIME_LIMIT_S + 1), "took"),
    ],
)
def test_wrong_answers(answer: Answer, named: str) -> None:
    assert any(named in reason for reason in failures(asked(), answer))


def test_answer_in_another_format_than_asked_for() -> None:
    assert failures(asked(query={"format": "webp"}), PICTURE)


def test_intact_file_that_comes_back_in_another_size() -> None:
    right = {"statuses": frozenset({200}), "kind": "intact"}
    assert failures(asked(**right, intact=Seed("png/x", FILE, size=(6, 4))), PICTURE) == []
    assert failures(asked(**right, intact=Seed("png/x", FILE, size=(4, 6))), PICTURE)
    assert failures(asked(**right, intact=Seed("png/x", FILE, size=(6, 4), frames=2)), PICTURE)
    assert failures(asked(**right), problem(415, "unsupported_image"))


def test_bomb_that_is_not_refused() -> None:
    assert failures(asked(statuses=frozenset({413})), PICTURE)


@pytest.mark.parametrize("body", [b'{"embedding": [0.5, NaN]}', b'{"embedding": [[1]]}', b"{}", b"", b"[]"])
def test_broken_embedding(body: bytes) -> None:
    assert failures(asked("/encode"), Answer(200, {}, body))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"died": True}, "ended"),
        ({"tracebacks": 1}, "traceback"),
        ({"end": Memory(101 + GROWTH_LIMIT_MB, 0, 0)}, "kept"),
        ({"largest_child_mb": CHILD_LIMIT_MB + 1}, "child"),
        ({"peak_mb": 101 + PEAK_GROWTH_LIMIT_MB}, "together"),
        ({"failures": [Failure(asked(), ["status 500"])]}, "1 wrong"),
    ],
)
def test_faults_of_the_service(changes: dict[str, object], named: str) -> None:
    start = Memory(100, 0, 0)
    assert Record(start, end=start, peak_mb=100).faults() == []
    assert named in Record(**{"start": start, "end": start, **changes}).faults()[0]
