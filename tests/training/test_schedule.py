"""How far a run has come, and the learning rate there."""

import pytest

from training import schedule
from training.schedule import WARM_UP_STEPS, Budget, learning_rate


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(schedule.time, "monotonic", found)
    return found


def test_minutes_are_wall_time(clock: Clock) -> None:
    budget = Budget(minutes=2)
    clock.now += 30
    budget.advance(samples=64, steps=2)
    assert (budget.fraction, budget.seen, budget.steps) == (0.25, 64, 2)
    assert budget.remaining_s == pytest.approx(90)
    clock.now += 300
    budget.advance(samples=64, steps=2)
    assert (budget.fraction, budget.remaining_s) == (1.0, 0.0)


def test_samples_are_counted(clock: Clock) -> None:
    budget = Budget(samples=1000)
    assert budget.remaining_s == float("inf")
    clock.now += 10
    budget.advance(samples=200, steps=5)
    assert budget.fraction == 0.2
    assert budget.remaining_s == pytest.approx(40)


def test_a_resumed_run_goes_on_where_it_was(clock: Clock) -> None:
    clock.now = 9_999.0
    budget = Budget(minutes=2, spent_s=60, seen=10, steps=1)
    assert budget.fraction == 0.5
    clock.now += 30
    budget.advance(samples=10, steps=1)
    assert (budget.fraction, budget.seen, budget.steps) == (0.75, 20, 2)


@pytest.mark.parametrize("lengths", [{}, {"minutes": 1.0, "samples": 1}])
def test_a_budget_is_either_minutes_or_samples(lengths: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="either minutes or samples"):
        Budget(**lengths)


def test_rate_warms_up_stays_and_falls() -> None:
    late = 10 * WARM_UP_STEPS
    assert learning_rate(1.0, 0.7, fraction=0.0, steps=0) == pytest.approx(1 / WARM_UP_STEPS)
    assert learning_rate(1.0, 0.7, fraction=0.1, steps=WARM_UP_STEPS // 2) == pytest.approx(0.5, abs=0.01)
    assert learning_rate(1.0, 0.7, fraction=0.2, steps=late) == 1.0
    assert learning_rate(1.0, 0.7, fraction=0.7, steps=late) == pytest.approx(1.0)
    assert learning_rate(1.0, 0.7, fraction=0.85, steps=late) == pytest.approx(0.5)
    assert 0 < learning_rate(1.0, 0.7, fraction=1.0, steps=late) < 1e-3
