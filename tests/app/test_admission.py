"""The budget's arithmetic, and how the pace becomes seconds."""

import pytest

from app.admission import LONGEST_RETRY_S, REQUEST_BYTES, Admission
from app.errors import Overloaded
from app.pace import MEMORY_S, Pace

MEGABYTE = 10**6


def pace_of(work_per_second: float) -> Pace:
    pace = Pace()
    pace.add(work_per_second, 1.0)
    return pace


def admission(pace: Pace | None = None, **limits: float) -> Admission:
    given = {"bytes_": 10 * MEGABYTE, "pixels": 1000, "wait_share": 0.5} | limits
    return Admission(pace=pace or Pace(), **given)  # type: ignore[arg-type]


def test_a_request_takes_a_little_whatever_it_says() -> None:
    budget = admission()
    assert [budget.claim(length).bytes for length in (None, 0, 5, MEGABYTE)] == [REQUEST_BYTES] * 3 + [MEGABYTE]
    assert budget.requests == 4


def test_everything_is_given_back_once() -> None:
    budget = admission()
    claim = budget.claim(MEGABYTE)
    claim.take(100, 5.0, 30)
    claim.add_bytes(-MEGABYTE // 2)
    claim.share()
    claim.release()
    assert (budget.requests, budget.bytes, budget.pixels) == (1, MEGABYTE // 2, 100)
    claim.release()
    assert (budget.requests, budget.bytes, budget.pixels, budget.finished) == (0, 0, 0, 1)


def test_pixels_that_a_network_made_are_held_even_beyond_the_limit() -> None:
    budget = admission()
    claim = budget.claim(None)
    claim.take(900, 5.0, 30)
    claim.add_pixels(300)
    assert (claim.pixels, budget.pixels) == (1200, 1200)
    claim.release()
    assert budget.pixels == 0


def test_refused_request_holds_nothing() -> None:
    budget = admission()
    budget.claim(9 * MEGABYTE)
    with pytest.raises(Overloaded):
        budget.claim(2 * MEGABYTE)
    assert (budget.requests, budget.bytes) == (1, 9 * MEGABYTE)


def test_waiting_is_counted_in_turns() -> None:
    """A second of work beside nine of ten seconds waits nine seconds, not ninety."""
    budget = admission(pace_of(1.0), pixels=10**9)
    for _ in range(9):
        budget.claim(None).take(1, 10.0, 1e6)
    budget.claim(None).take(1, 1.0, deadline_s=18.1)
    with pytest.raises(Overloaded) as refusal:
        budget.claim(None).take(1, 1.0, deadline_s=18.1)
    assert refusal.value.limit == pytest.approx(9.05)
    assert refusal.value.value == pytest.approx(10.0)
    assert refusal.value.headers == {"Retry-After": "1"}


@pytest.mark.parametrize(("work", "retry"), [(1.0, "1"), (300.0, "60"), (1e9, str(LONGEST_RETRY_S))])
def test_retry_after_is_when_there_should_be_room(work: float, retry: str) -> None:
    """Of 1,000 pixels in flight 200 have to go before 200 more fit: a fifth of the work."""
    budget = admission(pace_of(1.0))
    budget.claim(None).take(1000, work, 1e12)
    with pytest.raises(Overloaded) as refusal:
        budget.claim(None).take(200, 1.0, 1e12)
    assert refusal.value.headers == {"Retry-After": retry}


def test_nobody_waits_before_anything_is_known() -> None:
    assert Pace().seconds(1e12) == 0


def test_pace_follows_what_happens_now() -> None:
    pace = pace_of(100.0)
    assert pace.seconds(50) == pytest.approx(0.5)
    for _ in range(int(5 * MEMORY_S)):
        pace.add(10.0, 1.0)
    assert pace.seconds(50) == pytest.approx(5, rel=0.1)
