"""The soak's traffic is what it claims to be, and its judge finds what is wrong."""

from collections import Counter
from itertools import islice

import pytest

from tests.fuzz.inputs import Input
from tests.fuzz.verdict import Answer
from tests.soak.report import Outcome
from tests.soak.traffic import HOSTILE_SHARE, is_ordinary, request, stream
from tests.soak.watch import Watch

MINUTES = 30.0


def outcome(**changes: object) -> Outcome:
    watch = Watch(memory=[(second, 1000.0, 100.0) for second in range(int(60 * MINUTES))])
    return Outcome(**{
        "watch": watch, "minutes": MINUTES, "seed": 0, "traces": (4, 4), "tracebacks": 0, "died": False, "status": 0,
        **changes,
    })  # fmt: skip


def passed(found: Outcome) -> bool:
    return all(each.met for each in found.requirements())


def test_traffic_is_mixed_and_repeats() -> None:
    asked = list(islice(stream(3), 600))
    assert asked[17] == request(3, 17)
    hostile = sum(not is_ordinary(each) for each in asked)
    assert 0 < hostile < 3 * HOSTILE_SHARE * len(asked)
    ordinary = [each for each in asked if is_ordinary(each)]
    paths = Counter(each.path for each in ordinary)
    assert paths["/denoise"] > paths["/encode"] > 30
    assert paths["/reconstruct"] > 30
    assert len({each.origin.partition(" ")[0] for each in ordinary}) > 15, "kinds of file"


def test_an_ordinary_request_must_get_200() -> None:
    asked = next(each for each in stream(0) if is_ordinary(each))
    watch = Watch()
    watch.judge(asked, Answer(429, {"content-type": "application/problem+json", "retry-after": "1"}))
    watch.judge(asked, Answer(0, lost="ConnectionResetError()"))
    watch.note("/metrics", 500)
    assert len(watch.wrong) == 3
    assert not passed(outcome(watch=watch))


def test_a_hostile_one_may_be_refused() -> None:
    asked: Input = next(each for each in stream(0) if not is_ordinary(each))
    body = b'{"status": 422, "code": "corrupt_image", "detail": "broken"}'
    watch = Watch()
    watch.judge(asked, Answer(422, {"content-type": "application/problem+json"}, body))
    assert watch.wrong == []


def test_a_quiet_run_passes_and_is_told() -> None:
    found = outcome()
    assert passed(found)
    assert "1000 MB after 1000 MB" in found.section().markdown()


@pytest.mark.parametrize(
    "changes", [{"traces": (4, 5)}, {"tracebacks": 1}, {"died": True}, {"status": 1}], ids=lambda changes: min(changes)
)
def test_what_went_wrong_is_told(changes: dict[str, object]) -> None:
    assert not passed(outcome(**changes))


def test_memory_that_grows_is_told() -> None:
    grown = [(float(second), 1000 + second / 20, 0.0) for second in range(int(60 * MINUTES))]
    assert not passed(outcome(watch=Watch(memory=grown)))
