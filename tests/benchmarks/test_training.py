"""The race against the tutorials: its table and its verdict. No time is asserted."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.training import once
from benchmarks.training.__main__ import main
from benchmarks.training.contest import CONTESTANTS
from benchmarks.training.result import Result
from benchmarks.training.tables import Round, section


def a_round(seconds: float = 5.0, loss: float = 0.07) -> Round:
    return Round(tutorial=Result(40.0, 1875, 278_369, 0.075), ours=Result(seconds, 938, 107_316, loss))


@pytest.fixture
def few(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    arrays = {}
    for part, count in (("train", 70), ("test", 60)):
        arrays[f"x_{part}"] = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        arrays[f"y_{part}"] = rng.integers(0, 10, count, dtype=np.uint8)
    np.savez(tmp_path / "few.npz", **arrays)
    return tmp_path / "few.npz"


def test_faster_and_as_good_meets_both_demands() -> None:
    quality, time = section([a_round()]).requirements
    assert quality.met
    assert time.met
    assert "8.0 times as fast" in time.found


def test_one_round_of_a_worse_loss_fails() -> None:
    quality, time = section([a_round(), a_round(loss=0.08)]).requirements
    assert not quality.met
    assert time.met


def test_time_is_that_of_the_medians() -> None:
    assert section([a_round(5), a_round(6), a_round(90)]).requirements[1].met
    assert not section([a_round(5), a_round(60), a_round(90)]).requirements[1].met


def test_table_has_a_row_a_training() -> None:
    table = section([a_round(), a_round(6.25)]).tables[0]
    assert table.rows[0] == ["the tutorials'", "0", "40.0", "1875", "0.0750", "278,369"]
    assert table.rows[3] == ["ours", "1", "6.2", "938", "0.0700", "107,316"]


def test_training_once_prints_what_it_took(few: Path, capsys: pytest.CaptureFixture[str]) -> None:
    once.main(["ours", "--data", str(few)])
    result = Result(**json.loads(capsys.readouterr().out))
    assert result.steps == CONTESTANTS["ours"].steps(70) == 1
    assert result.seconds > 0
    assert 0.5 < result.loss < 2


def test_page_is_written(few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.training.__main__._once", lambda *_: Result(1.0, 2, 3, 0.5))
    main(["--data", str(few), "--rounds", "2", "--out", str(tmp_path / "training.md")])
    page = (tmp_path / "training.md").read_text()
    assert "# Training" in page
    assert "Time to the tutorials' quality" in page
    assert page.count("| ours |") == 2
