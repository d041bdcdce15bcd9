"""The denoisers for photographs: what their batches tell, and a short run to a blind artifact."""

import json
import signal
from dataclasses import replace
from functools import partial
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from models.complexity import kmac_per_pixel
from models.loader import DENOISER, ESTIMATOR, denoiser_of, experts_of, load
from models.noise_map import BLOCK, combine
from models.store import BUNDLED, newest, verify
from models.tiles import Span, Tile
from training import loop, photo_denoiser
from training.__main__ import main
from training.architectures import unet
from training.degradations import Mix
from training.evaluate import figures_of
from training.history import History
from training.inference import estimator_of, runner
from training.losses import UNKNOWN
from training.own_level import OWN, rehearsed
from training.photo_denoiser import Photographs, recipe
from training.photographs import real_pairs
from training.recipe import Stage
from training.recipes import RECIPES
from training.telling import EXACTLY, WEAKEST, Telling

STAGE = Stage(until=1.0, batch=64, size=64)


@pytest.fixture(scope="module")
def folder(photograph: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photographs")
    for index, left in enumerate((0, 130, 260)):
        Image.fromarray(photograph[:160, left : left + 160]).save(path / f"{index}.png")
    return path


def batch(folder: Path, shares: dict[str, float]):
    return next(Photographs(Mix(shares), folder).batches(STAGE, np.random.default_rng(0)))


def told_apart(folder: Path, kind: str):
    """Return a batch of one kind and which of its patches are told the network's own estimate."""
    inputs, targets = batch(folder, {kind: 1.0})
    own = inputs["sigma"].max(axis=(1, 2, 3)) < 0
    assert (inputs["sigma"][own] == OWN).all()
    assert (inputs["sigma"][~own] >= 0).all()
    return inputs, targets, own


def test_white_noise_is_told_exactly_but_for_a_few(folder: Path) -> None:
    inputs, targets, own = told_apart(folder, "gaussian")
    assert targets["noise"].shape == (STAGE.batch, STAGE.size // BLOCK, STAGE.size // BLOCK, 2)
    assert 0 < np.count_nonzero(own) < 0.3 * STAGE.batch
    assert np.ptp(inputs["sigma"], axis=(1, 2)).max() == 0
    told, level = inputs["sigma"][~own, 0, 0, 0], targets["noise"][~own, 0, 0, 0]
    assert (told >= level).all()
    assert 0 < np.count_nonzero(told > level) < 0.4 * STAGE.batch
    noise = np.sqrt(np.mean(np.square(inputs["image"] - targets["image"]), axis=(1, 2, 3)))[~own]
    unclipped = noise[level < 0.1]
    assert unclipped == pytest.approx(level[level < 0.1], rel=0.15)


def test_other_noise_is_told_block_by_block_and_not_quite_or_not_at_all(folder: Path) -> None:
    inputs, targets, own = told_apart(folder, "camera")
    assert 0.3 < np.mean(own) < 0.7
    sigma, level = inputs["sigma"][~own], targets["noise"][~own][..., :1]
    assert np.ptp(sigma, axis=(1, 2)).min() > 0
    off = np.log(sigma.mean(axis=(1, 2, 3)) / level.mean(axis=(1, 2, 3)))
    assert np.median(off) == pytest.approx(0, abs=0.08)
    assert 0.04 < np.median(np.abs(off)) < 0.15


def test_white_noise_is_labelled_and_so_is_other_where_there_is_enough(folder: Path) -> None:
    white, other = (batch(folder, {kind: 1.0})[1]["noise"] for kind in ("gaussian", "camera"))
    for noise, label in ((white, 1.0), (other, 0.0)):
        enough = noise[..., 0] >= WEAKEST / 255
        assert 0.5 < enough.mean() < 1
        assert (noise[..., 1][enough] == label).all()
        assert (noise[..., 1][~enough] == UNKNOWN).all()
    assert (batch(folder, {"clean": 1.0})[1]["noise"][..., 1] == UNKNOWN).all()


def test_experts_are_told_what_is_known(folder: Path) -> None:
    data = Photographs(Mix({"gaussian": 1.0}), folder, telling=EXACTLY)
    inputs, targets = next(data.batches(STAGE, np.random.default_rng(0)))
    told, level = inputs["sigma"][:, 0, 0, 0], targets["noise"][:, 0, 0, 0]
    assert (told >= level).all()
    assert np.mean(told == level) > 0.8
    assert targets["white"] is targets["white-gray"] is targets["image"]


def test_a_clean_picture_is_told_to_be_clean_or_nothing(folder: Path) -> None:
    inputs, targets, own = told_apart(folder, "clean")
    assert np.array_equal(inputs["image"], targets["image"])
    assert not targets["noise"][..., 0].any()
    assert 0.3 < np.mean(own) < 0.7
    told = inputs["sigma"][~own, 0, 0, 0]
    assert 0 < np.count_nonzero(told) < 0.4 * STAGE.batch
    assert told.max() < 6 / 255


def test_a_clean_picture_may_be_told_any_level(folder: Path) -> None:
    data = Photographs(Mix({"clean": 1.0}), folder, telling=Telling(own=0.0, overstated=0.0, false=0.5))
    inputs, targets = next(data.batches(STAGE, np.random.default_rng(0)))
    told = inputs["sigma"][:, 0, 0, 0] * 255
    assert np.array_equal(inputs["image"], targets["image"])
    assert 0.3 < np.mean(told > 0) < 0.7
    assert np.count_nonzero(told > 50) > 3
    assert told.max() <= 75


def test_in_training_the_denoiser_is_told_what_the_service_would_tell_it() -> None:
    rng = np.random.default_rng(0)
    model = photo_denoiser.build((8, 16), (1, 1))
    model.set_weights([rng.normal(0, 0.1, weight.shape) for weight in model.get_weights()])
    trained = rehearsed(model)
    run = runner(denoiser_of(model))
    for height, width in ((64, 64), (64, 96), (96, 128)):
        image = rng.random((3, height, width, 3), dtype=np.float32)
        sigma = np.full((3, height, width, 1), OWN, np.float32)
        sigma[2] = 0.1
        outputs = trained.predict_on_batch({"image": image, "sigma": sigma})
        for index in range(2):
            level = combine(estimator_of(model)({"image": image[index, None]})[0])
            assert np.ptp(level.levels) > 0
            sigma[index] = level.at(Tile(Span(0, height, 0, height), Span(0, width, 0, width)))
        assert outputs["image"] == pytest.approx(run({"image": image, "sigma": sigma}), abs=1e-4)


@pytest.fixture
def fit(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The command that trains a small denoiser for some rounds, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(loop, "STEPS_PER_ROUND", 2)
    monkeypatch.setattr(photo_denoiser, "STAGES", (Stage(until=1.0, batch=2, size=64),))
    monkeypatch.setattr(photo_denoiser, "ESTIMATOR_STAGES", (Stage(until=1.0, batch=3, size=64),))
    mix = Mix({"gaussian": 0.5, "camera": 0.5})
    for stages in ("ALONE_STAGES", "EXPERT_STAGES"):
        monkeypatch.setattr(photo_denoiser, stages, (Stage(until=1.0, batch=2, size=64),))
    experts = {"white": Mix({"gaussian": 1.0}), "white-gray": Mix({"gaussian": 1.0}, gray_share=1.0)}
    small = recipe("small", "A small one.", (8, 16), (1, 1), mix, estimator_mix=mix, minutes=1, experts=experts)
    monkeypatch.setitem(RECIPES, "small", small)
    return ["fit", "small", "--data", str(folder), "--minutes", "0.01", "--out", "out"]


def test_a_run_ends_in_a_blind_artifact_whose_auto_is_measured(
    fit: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(fit) == 0
    artifact = verify(Path("out/small/1"))
    card = artifact.card
    assert card.estimator
    assert card.estimator.multiple == BLOCK
    assert {figure.protocol for figure in card.figures} == {"float", "float, sigma=auto"}
    model = load(artifact)
    image = np.zeros((1, 32, 64, 3), np.float32)
    assert runner(denoiser_of(model))({"image": image, "sigma": image[..., :1]}).shape == image.shape
    assert estimator_of(model)({"image": image}).shape == (1, 4, 8, 3)
    assert card.experts == ("white", "white-gray")
    for expert in experts_of(model).values():
        same = zip(expert.get_weights(), denoiser_of(model).get_weights(), strict=True)
        assert all(np.array_equal(*pair) for pair in same), "an expert that nobody trained is the denoiser"
    assert model.get_layer(ESTIMATOR).count_params() + 3 * denoiser_of(model).count_params() == card.parameters
    assert card.kmac_per_pixel == pytest.approx(kmac_per_pixel(denoiser_of(model)), abs=1e-3)
    capsys.readouterr()
    assert main(["evaluate", "out/small/1", "--data", str(folder), "--sigma", "25", "--auto", "--card"]) == 0
    assert capsys.readouterr().out.count("sigma 25") == 1
    assert verify(Path("out/small/1")).card.figures[-1].protocol == "float, sigma=auto"


def test_real_noise_is_measured_on_pairs(photograph: np.ndarray, tmp_path: Path) -> None:
    clean = photograph[:64, :64]
    noisy = np.clip(clean + np.random.default_rng(0).normal(0, 10, clean.shape), 0, 255).astype(np.uint8)
    with pytest.raises(ValueError, match=r"expected NAME_real\.png with NAME_mean\.png"):
        list(real_pairs(tmp_path))
    Image.fromarray(noisy).save(tmp_path / "x_real.png")
    with pytest.raises(ValueError, match=r"x_real\.png lacks x_mean\.png"):
        list(real_pairs(tmp_path))
    Image.fromarray(clean).save(tmp_path / "x_mean.png")
    artifact = verify(newest(BUNDLED, "photo"))
    before, after = figures_of(artifact.card, load(artifact), tmp_path, [], "real")
    assert 27 < before.value < 30
    assert after.value > before.value + 2
    assert (after.protocol, after.sigma, after.images) == ("real, sigma=auto", None, 1)


def test_the_ensemble_is_measured(photograph: np.ndarray, tmp_path: Path) -> None:
    Image.fromarray(photograph[:96, :80]).save(tmp_path / "x.png")
    artifact = verify(newest(BUNDLED, "photo"))
    model = load(artifact)
    alone, eight = (
        figures_of(artifact.card, model, tmp_path, [25], "float", ensemble=ensemble)[0] for ensemble in (False, True)
    )
    assert (alone.protocol, eight.protocol) == ("float", "float, ensemble")
    assert alone.value < eight.value < alone.value + 0.6


PARTS = {"image": DENOISER, "noise": ESTIMATOR, "white": "white", "white-gray": "white-gray"}


def network(version: int, name: str) -> keras.Model:
    return load(verify(Path(f"out/small/{version}"))).get_layer(name)


def is_same(one: keras.Model, other: keras.Model) -> bool:
    return all(map(np.array_equal, one.get_weights(), other.get_weights()))


def test_each_part_is_trained_alone(fit: list[str]) -> None:
    assert main(fit) == 0
    # The network for all noise last: untrained experts would go with it.
    for version, (part, learns) in enumerate(reversed(PARTS.items()), start=2):
        assert main([*fit, "--from", f"out/small/{version - 1}", "--only", part]) == 0
        for name in PARTS.values():
            assert is_same(network(version - 1, name), network(version, name)) is (name != learns)


@pytest.mark.parametrize("only", [[], ["--only", "image"]])
def test_trained_on_all_noise_again_the_experts_stay_but_those_that_nobody_trained(
    fit: list[str], only: list[str]
) -> None:
    assert main(fit) == 0
    assert main([*fit, "--from", "out/small/1", "--only", "white"]) == 0
    assert main([*fit, "--from", "out/small/2", *only]) == 0
    assert not is_same(network(2, DENOISER), network(3, DENOISER))
    assert is_same(network(2, "white"), network(3, "white"))
    assert is_same(network(3, DENOISER), network(3, "white-gray"))


def test_the_estimator_may_be_that_of_another_network_narrowed(
    fit: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(fit) == 0
    mix = Mix({"gaussian": 1.0})
    slim = recipe("slim", "A slim one.", (8, 16), (1, 1), mix, estimator_mix=mix, minutes=1, inside=(8, 12))
    monkeypatch.setitem(RECIPES, "slim", slim)
    command = ["fit", "slim", *fit[2:], "--from", "out/small/1", "--only", "image"]
    assert main(command) == 1
    assert "small/1 can't be the start: its layer estimator/down1_first is" in capsys.readouterr().err
    monkeypatch.setitem(RECIPES, "slim", replace(slim, build=partial(slim.build, experts=("white",))))
    assert main([*command, "--estimator", "out/small/1"]) == 0
    before, after = (load(verify(Path(f"out/{name}/1"))).get_layer(ESTIMATOR) for name in ("small", "slim"))
    assert [after.get_layer(f"{block}_first").filters for block in ("down1", "down2")] == [8, 12]
    assert np.array_equal(before.get_layer("head").get_weights()[0], after.get_layer("head").get_weights()[0])
    image = np.random.default_rng(0).random((1, 64, 64, 3), np.float32)
    assert np.asarray(after(image)) == pytest.approx(np.asarray(before(image)), abs=0.05)


def test_a_network_without_an_estimator_lends_none(fit: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*fit, "--estimator", "digits-ae"]) == 1
    assert "digits-ae@1 has no estimator" in capsys.readouterr().err


def test_an_estimator_that_does_not_fit_is_refused(
    fit: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`photo-best`'s has three blocks more, and a recipe without an estimator has no place for one."""
    assert main([*fit, "--estimator", "photo-best"]) == 1
    lender = f"photo-best@{newest(BUNDLED, 'photo-best').name}"
    assert f"the estimator of {lender} can't be the start: has a layer far0_first" in capsys.readouterr().err
    plain = replace(RECIPES["small"], build=lambda trunk: unet.build((8, 16), (1, 1), trunk))
    monkeypatch.setitem(RECIPES, "small", plain)
    assert main([*fit, "--estimator", "photo"]) == 1
    assert "small has no estimator that another could replace" in capsys.readouterr().err


def test_a_part_to_train_alone_has_to_be_there(fit: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*fit, "--only", "level"]) == 1
    assert "small has no part 'level' to train alone: image, noise, white, white-gray" in capsys.readouterr().err


def test_a_part_is_not_trained_alone_from_nothing(fit: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*fit, "--only", "white"]) == 1
    assert "--only white would leave the rest of the network untrained: start --from an" in capsys.readouterr().err


@pytest.fixture
def interrupted(fit: list[str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The command of a run of one part, stopped in its first round."""
    assert main(fit) == 0
    command = [*fit, "--from", "out/small/1", "--only", "white"]
    with monkeypatch.context() as patched:
        patched.setattr(loop, "REPORT_EVERY_S", 0.0)
        patched.setattr(History, "append", lambda *_: signal.raise_signal(signal.SIGINT))
        assert main([*command, "--minutes", "10"]) == 130
    return command


def test_a_run_goes_on_with_the_options_that_it_was_started_with(
    fit: list[str], interrupted: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    refused = {
        "with --only white:": [*fit, "--from", "out/small/1", "--only", "noise"],
        "with --from small@1 (sha256 ": [*fit, "--only", "white"],
        f"with --data {folder}:": [*interrupted, "--data", str(folder.parent)],
    }
    for reason, command in refused.items():
        assert main([*command, "--resume"]) == 1
        assert f"runs/small/checkpoint holds a run that was started {reason}" in capsys.readouterr().err
    assert main([*interrupted, "--resume"]) == 0


def test_a_checkpoint_that_tells_no_options_is_taken_as_it_is(interrupted: list[str]) -> None:
    progress = Path("runs/small/checkpoint/progress.json")
    told = json.loads(progress.read_text())
    assert told.pop("binding")["--only"] == "white"
    progress.write_text(json.dumps(told))
    assert main([*interrupted, "--resume"]) == 0
