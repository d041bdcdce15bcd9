"""Whole training runs through the command line, seconds long."""

import dataclasses
import json
import signal
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from models.card import Figure, read_card
from models.loader import ENCODER, load
from models.store import BUNDLED, newest, verify
from training import checkpoint, loop
from training.__main__ import main
from training.evaluate import psnr_figure
from training.export import write_card
from training.history import Entry, History
from training.recipe import Batch, Stage
from training.recipes import RECIPES
from training.schedule import WARM_UP_STEPS, Budget

ROUND = 5
BATCH = 32


@pytest.fixture(autouse=True)
def short_rounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rounds of a few steps, an epoch of one round, in a folder of its own; every round is logged and saved."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(loop, "STEPS_PER_ROUND", ROUND)
    monkeypatch.setattr(loop, "REPORT_EVERY_S", 0.0)
    monkeypatch.setattr(loop, "CHECKPOINT_EVERY_S", 0.0)
    for name, recipe in RECIPES.items():
        monkeypatch.setitem(RECIPES, name, dataclasses.replace(recipe, epoch=ROUND * BATCH))


def fit(recipe: str, data: Path, *options: str) -> int:
    return main(["fit", recipe, "--data", str(data), "--out", "out", *options])


def steps(entries: list[Entry]) -> list[int]:
    return [entry.step for entry in entries]


def interrupt_after(rounds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the disk be full at the end of the round after `rounds`."""
    append = History.append

    def failing(history: History, entry: Entry) -> None:
        if entry.step > rounds * ROUND:
            raise OSError("no space left on device")
        append(history, entry)

    monkeypatch.setattr(History, "append", failing)


def test_run_ends_in_an_artifact_with_a_measured_card(digits_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fit("digits-denoise", digits_file, "--epochs", "3") == 0
    artifact = verify(Path("out/digits-denoise/1"))
    assert load(artifact).count_params() == artifact.card.parameters
    card = artifact.card
    assert (card.task, card.input.channels, card.input.multiple, card.controls) == ("denoise", 1, 4, ())
    assert card.input.halo == 23
    assert card.noise
    assert card.noise.sigma_max == 127.5
    assert (card.training.steps, card.training.samples, card.training.precision) == (15, 480, "float32")
    assert {figure.dataset for figure in card.figures} == {"small held-out training"}
    assert steps(History(Path("runs/digits-denoise/history.jsonl")).entries()) == [5, 10, 15]
    with Image.open("runs/digits-denoise/curves.png") as curves:
        assert curves.size == (800, 400)
    assert not list(Path("runs").rglob("*.h5"))
    assert "100.0 %  step 15" in capsys.readouterr().out


def test_autoencoder_ends_with_an_encoder_and_quantiles(digits_file: Path) -> None:
    assert fit("digits-ae", digits_file, "--minutes", "0.001") == 0
    artifact = verify(Path("out/digits-ae/1"))
    card = artifact.card
    assert load(artifact).get_layer(ENCODER).output.shape == (None, 32)
    assert (card.input.height, card.input.width, card.controls) == (28, 28, ("normalize", "paper"))
    assert card.embedding
    assert (card.embedding.dimension, card.embedding.normalize) == (32, True)
    assert card.anomaly
    assert len(card.anomaly.quantiles) == 201
    assert list(card.anomaly.quantiles) == sorted(card.anomaly.quantiles)


def test_evaluation_adds_its_figures_to_the_card(digits_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fit("digits-denoise", digits_file, "--epochs", "1")
    folder = "out/digits-denoise/1"
    before = read_card(Path(folder))
    for _ in range(2):
        assert main(["evaluate", folder, "--data", str(digits_file), "--card"]) == 0
    after = verify(Path(folder)).card
    assert after.figures[: len(before.figures)] == before.figures
    assert [figure.dataset for figure in after.figures[len(before.figures) :]] == ["small test"] * 4
    assert "small test sigma 127.5: PSNR of a 3x3 median filter" in capsys.readouterr().out


def test_interrupted_run_is_resumed(
    digits_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patched:
        interrupt_after(2, patched)
        assert fit("digits-denoise", digits_file, "--epochs", "4") == 1
    assert "no space left" in capsys.readouterr().err
    assert fit("digits-denoise", digits_file, "--epochs", "4") == 1
    assert "--resume" in capsys.readouterr().err
    assert fit("digits-denoise", digits_file, "--epochs", "4", "--resume") == 0
    assert steps(History(Path("runs/digits-denoise/history.jsonl")).entries()) == [5, 10, 15, 20]
    assert read_card(Path("out/digits-denoise/1")).training.steps == 20


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_run_that_a_signal_stops_loses_nothing(
    number: signal.Signals, digits_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(loop, "CHECKPOINT_EVERY_S", 1e6)
    before = signal.getsignal(number)
    with monkeypatch.context() as patched:
        append = History.append

        def ask(history: History, entry: Entry) -> None:
            append(history, entry)
            signal.raise_signal(number)

        patched.setattr(History, "append", ask)
        assert fit("digits-denoise", digits_file, "--epochs", "3") == 130
    assert "stopped at 33.3%" in capsys.readouterr().err
    assert signal.getsignal(number) is before
    assert fit("digits-denoise", digits_file, "--epochs", "3", "--resume") == 0
    assert steps(History(Path("runs/digits-denoise/history.jsonl")).entries()) == [5, 10, 15]


def test_rate_and_its_decay_may_be_set(digits_file: Path) -> None:
    assert fit("digits-denoise", digits_file, "--epochs", "4", "--rate", "0.5", "--decay-from", "0.5") == 0
    rates = [entry.rate for entry in History(Path("runs/digits-denoise/history.jsonl")).entries()]
    peak = [0.5 * (step + 1) / WARM_UP_STEPS for step in (0, 5, 10, 15)]
    assert rates == pytest.approx([peak[0], peak[1], peak[2], peak[3] / 2], rel=1e-5)


@pytest.mark.parametrize("option", [("--rate", "0"), ("--rate", "x"), ("--decay-from", "1"), ("--decay-from", "-1")])
def test_impossible_schedules_are_refused(option: tuple[str, str], digits_file: Path) -> None:
    with pytest.raises(SystemExit):
        fit("digits-denoise", digits_file, *option)


def test_checkpoint_holds_weights_optimizer_and_averages(digits_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupt_after(2, monkeypatch)
    fit("digits-denoise", digits_file, "--epochs", "4")
    recipe = RECIPES["digits-denoise"]
    model = recipe.build("float32")
    loop.compile_model(recipe, model)
    initial = model.get_weights()[0]
    saved = checkpoint.Checkpoint(Path("runs/digits-denoise/checkpoint"))
    budget = saved.restore(model, minutes=None, samples=1000)
    assert (budget.steps, budget.seen) == (2 * ROUND, 2 * ROUND * BATCH)
    assert int(model.optimizer.iterations) == 2 * ROUND
    restored, averaged = model.get_weights()[0], loop.averaged_weights(model)[0]
    assert not np.array_equal(initial, restored)
    assert 0 < np.abs(averaged - restored).max() < np.abs(initial - restored).max()


def test_stages_follow_each_other(digits_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = RECIPES["digits-denoise"]
    stages = (Stage(until=0.5, batch=BATCH, size=28), Stage(until=1.0, batch=BATCH // 2, size=28))
    monkeypatch.setitem(RECIPES, recipe.name, dataclasses.replace(recipe, stages=stages))
    assert fit("digits-denoise", digits_file, "--epochs", "4") == 0
    assert steps(History(Path("runs/digits-denoise/history.jsonl")).entries()) == [5, 10, 15, 20, 25, 30]
    assert read_card(Path("out/digits-denoise/1")).training.samples == 4 * ROUND * BATCH


def test_rate_is_set_between_rounds(digits_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kernels = []

    def save(_: checkpoint.Checkpoint, model: keras.Model, budget: Budget) -> None:
        kernels.append(np.array(model.get_weights()[0]))

    monkeypatch.setattr(checkpoint.Checkpoint, "save", save)
    monkeypatch.setattr(loop, "learning_rate", lambda *given: given[0] if given[3] == ROUND else 0.0)
    assert fit("digits-denoise", digits_file, "--epochs", "3") == 0
    first, second, third, exported = kernels
    assert not np.array_equal(first, second)
    assert np.array_equal(second, third)
    assert 0 < np.abs(exported - third).max() < np.abs(first - third).max()


def test_nothing_to_resume(digits_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fit("digits-denoise", digits_file, "--resume") == 1
    assert "nothing to resume in runs/digits-denoise/checkpoint" in capsys.readouterr().err


def test_a_run_may_start_from_an_artifact(digits_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fit("digits-denoise", digits_file, "--epochs", "1")
    assert fit("digits-denoise", digits_file, "--epochs", "1", "--from", "out/digits-denoise/1") == 0
    card = read_card(Path("out/digits-denoise/2"))
    assert card.training.started_from == "digits-denoise@1"
    assert fit("digits-ae", digits_file, "--epochs", "1", "--from", "out/digits-denoise/1") == 1
    assert "out/digits-denoise/1 can't be the start: has a layer" in capsys.readouterr().err


def test_a_run_that_goes_on_from_an_artifact_sees_other_batches(
    digits_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def recorded(batches: Iterator[Batch]) -> Iterator[Batch]:
        first = next(batches)
        seen.append(first[0]["image"])
        yield first
        yield from batches

    monkeypatch.setattr(loop, "_plain", recorded)
    for start in ([], [], ["--from", "out/digits-denoise/1"], ["--from", "out/digits-denoise/1"]):
        assert fit("digits-denoise", digits_file, "--epochs", "1", *start) == 0
    assert np.array_equal(seen[0], seen[1])
    assert np.array_equal(seen[2], seen[3])
    assert not np.array_equal(seen[0], seen[2])


def test_a_loss_that_is_no_number_ends_the_run_and_keeps_the_checkpoint(
    digits_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = RECIPES["digits-denoise"]
    with monkeypatch.context() as patched:
        interrupt_after(1, patched)
        fit("digits-denoise", digits_file, "--epochs", "4")
    before = Path("runs/digits-denoise/checkpoint/progress.json").read_bytes()

    def broken(target: object, output: object) -> object:
        return keras.losses.binary_crossentropy(target, output) * float("nan")

    monkeypatch.setitem(RECIPES, recipe.name, dataclasses.replace(recipe, loss=broken))
    assert fit("digits-denoise", digits_file, "--epochs", "4", "--resume") == 1
    assert "the loss became nan at step 10" in capsys.readouterr().err
    assert Path("runs/digits-denoise/checkpoint/progress.json").read_bytes() == before


@pytest.mark.parametrize("length", [("--minutes", "0"), ("--minutes", "nan"), ("--epochs", "-1"), ("--epochs", "x")])
def test_lengths_are_positive(length: tuple[str, str], digits_file: Path) -> None:
    with pytest.raises(SystemExit):
        fit("digits-denoise", digits_file, *length)


def test_wrong_data_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fit("digits-denoise", tmp_path) == 1
    assert fit("photo", tmp_path) == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["training fit", "training fit"]


@pytest.mark.parametrize("sigma", ["nan", "inf", "-25", "256", "x"])
def test_noise_levels_are_0_to_255(sigma: str, digits_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["evaluate", "photo", "--data", str(digits_file), f"--sigma={sigma}"])
    assert f"argument --sigma: invalid noise_level value: '{sigma}'" in capsys.readouterr().err


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_not_written(value: float, tmp_path: Path) -> None:
    card = read_card(newest(BUNDLED, "photo"))
    with pytest.raises(ValueError, match="finite number"):
        Figure.model_validate({**card.figures[0].model_dump(), "value": value})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_card(card.model_copy(update={"kmac_per_pixel": value}), tmp_path)
    assert not list(tmp_path.iterdir())
    with pytest.raises(ValueError, match="comes back without an error"):
        psnr_figure([30.0, value], dataset="x", protocol="float")


def test_list_names_every_recipe(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:]] == list(RECIPES)


def test_history_forgets_what_is_done_anew(tmp_path: Path) -> None:
    history = History(tmp_path / "run" / "history.jsonl")
    history.begin(0)
    for step in (100, 200, 300):
        history.append(Entry(step, seconds=step / 10, loss=1 / step, rate=1e-3))
    history.begin(200)
    assert steps(history.entries()) == [100, 200]
    assert json.loads(history.path.read_text().splitlines()[0])["loss"] == 0.01
    history.begin(0)
    assert history.entries() == []
