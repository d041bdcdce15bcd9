"""From the signal to the end, on a clock of the test's own."""

import pytest

from app.draining import Draining
from app.errors import NotReady


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def draining(clock: Clock) -> Draining:
    return Draining(delay_s=5, timeout_s=30, clock=clock)


def test_before_a_signal_nothing_ends(draining: Draining) -> None:
    draining.check_ready()
    draining.check_open()
    assert not draining.over(requests=0)


def test_it_is_not_ready_at_once_and_open_for_the_delay(draining: Draining, clock: Clock) -> None:
    draining.begin()
    with pytest.raises(NotReady, match="about to end") as caught:
        draining.check_ready()
    assert caught.value.headers == {"Retry-After": "5"}
    clock.now += 4.9
    draining.check_open()
    assert not draining.over(requests=0)
    clock.now += 0.1
    with pytest.raises(NotReady) as caught:
        draining.check_open()
    assert caught.value.headers == {"Retry-After": "5", "Connection": "close"}
    assert draining.over(requests=0)


def test_what_is_taken_has_its_time_after_the_delay(draining: Draining, clock: Clock) -> None:
    draining.begin()
    clock.now += 34.9
    assert not draining.over(requests=1)
    assert draining.left_s == pytest.approx(0.1)
    clock.now += 0.1
    assert draining.over(requests=1)
    assert draining.left_s == 0


def test_a_service_that_never_was_ready_has_no_delay(draining: Draining) -> None:
    draining.begin(at_once=True)
    assert draining.over(requests=0)


def test_beginning_again_changes_nothing(draining: Draining, clock: Clock) -> None:
    draining.begin()
    clock.now += 5
    draining.begin()
    assert draining.over(requests=0)
