"""Photographs with boxes blacked out: what the batches tell, how they are measured, and a short run to an artifact."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from models.card import Input
from models.denoising import Feed
from models.loader import load
from models.pixels import FloatImage
from models.store import verify
from training import loop, photo_inpainter
from training.__main__ import main
from training.box_figures import BLIND, SIDES, TOLD, box_figures, fillers, mean_psnr, peers, trial_of
from training.inference import runner
from training.photo_inpainter import BoxedPhotographs, masked_probes, recipe
from training.recipe import Stage
from training.recipes import RECIPES

STAGE = Stage(until=1.0, batch=64, size=96)
SPEC = Input(channels=3, multiple=4, halo=8)
GRAY = 0.5


@pytest.fixture(scope="module")
def folder(photograph: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photographs")
    for index, left in enumerate((0, 130, 260)):
        Image.fromarray(photograph[:130, left : left + 140] | 1).save(path / f"{index}.png")
    return path


def gray(feed: Feed) -> FloatImage:
    """Fill everything, boxes or not, with gray."""
    return np.full_like(feed["image"], GRAY)


def test_half_of_the_batch_is_told_its_boxes_and_all_have_some(folder: Path) -> None:
    inputs, clean = next(BoxedPhotographs(folder).batches(STAGE, np.random.default_rng(0)))
    black = (inputs["image"] == 0).all(axis=-1, keepdims=True)
    told = inputs["mask"].any(axis=(1, 2, 3))
    assert 0.3 < np.mean(told) < 0.7
    assert np.array_equal(inputs["mask"][told] == 1, black[told])
    assert black.any(axis=(1, 2, 3)).all()
    assert np.array_equal(np.where(black, clean, inputs["image"]), clean)
    assert (clean > 0).all()


def test_probes_are_as_the_network_meets_pictures(photograph: np.ndarray) -> None:
    clean = photograph[:128, :256].astype(np.float32) / 255
    whole, blind, told = masked_probes(clean, np.random.default_rng(0))
    assert np.array_equal(whole["image"], clean)
    assert not whole["mask"].any()
    assert not blind["mask"].any()
    assert np.array_equal(blind["image"], told["image"])
    assert not told["image"][told["mask"][..., 0] > 0].any()
    assert told["mask"].any()


def test_a_trial_is_the_same_each_time_and_unlike_the_others(photograph: np.ndarray) -> None:
    boxed, mask = trial_of(photograph, 3)
    assert np.array_equal(trial_of(photograph, 3)[1], mask)
    assert not np.array_equal(trial_of(photograph, 4)[1], mask)
    assert 0.05 < mask.mean() < 0.2
    assert not boxed[mask].any()
    assert np.array_equal(boxed[~mask], photograph[~mask])


def test_only_what_a_mask_hides_is_filled_in(photograph: np.ndarray) -> None:
    boxed, mask = trial_of(photograph, 0)
    methods = fillers(gray, SPEC)
    filled = methods[TOLD](boxed, mask)
    assert np.array_equal(filled[~mask], photograph[~mask])
    assert set(filled[mask].flat) == {128}
    assert set(methods[BLIND](boxed, mask).flat) == {128}


def test_figures_are_those_of_ten_trials_beside_opencv(photograph: np.ndarray) -> None:
    small = np.ascontiguousarray(photograph[100:200, 100:220])
    figures = {figure.metric: figure for figure in box_figures(gray, SPEC, [small], dataset="a cat")}
    assert len(figures) == 8
    inside = []
    for trial in range(10):
        _, mask = trial_of(small, trial)
        inside.append(10 * np.log10(255**2 / np.mean(np.square(small[mask].astype(float) - 128))))
    assert figures["PSNR in the boxes, mask given"].value == pytest.approx(np.mean(inside), abs=1e-3)
    assert figures["PSNR, mask given"].value > figures["PSNR, mask not given"].value + 5
    assert figures["PSNR in the boxes, cv2.inpaint Telea radius 7"].value > np.mean(inside) + 3
    assert "10 trials" in figures["PSNR, mask given"].protocol
    assert f"sides {SIDES[0]}-{SIDES[1]} pixels" in figures["PSNR, mask given"].protocol


def test_the_peer_is_opencv_itself(photograph: np.ndarray) -> None:
    boxed, mask = trial_of(photograph, 0)
    expected = cv2.inpaint(boxed, mask.astype(np.uint8), 7, cv2.INPAINT_TELEA)
    assert np.array_equal(peers()["cv2.inpaint Telea radius 7"](boxed, mask), expected)


def test_a_run_ends_in_an_artifact_that_takes_a_mask(
    folder: Path,
    photograph: np.ndarray,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(loop, "STEPS_PER_ROUND", 2)
    monkeypatch.setattr(photo_inpainter, "STAGES", (Stage(until=1.0, batch=2, size=64),))
    monkeypatch.setitem(RECIPES, "small", recipe("small", "A small one.", (8, 16), (1, 1), minutes=1))
    assert main(["fit", "small", "--data", str(folder), "--minutes", "0.01", "--out", "out"]) == 0
    artifact = verify(Path("out/small/1"))
    assert artifact.card.controls == ("mask",)
    assert artifact.card.estimator is None
    assert 0 < artifact.card.input.halo <= 64
    assert len(artifact.card.figures) == 8
    run = runner(load(artifact))
    assert mean_psnr(fillers(run, artifact.card.input)[TOLD], [photograph[:80, :96]], trials=1)[0] > 0
    capsys.readouterr()
    assert main(["evaluate", "out/small/1", "--data", str(folder), "--card"]) == 0
    assert capsys.readouterr().out.count("PSNR in the boxes, ") == 4
    assert len(verify(Path("out/small/1")).card.figures) == 16


def test_photographs_are_needed() -> None:
    with pytest.raises(ValueError, match="--data FOLDER"):
        BoxedPhotographs(None)
