"""The autoencoder of photographs: its batches, where it starts, how it is measured, and a run to an artifact."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from models.layers import Standardize
from models.loader import DECODER, autoencoder_of, load
from models.store import verify
from training import loop, photo_autoencoder
from training.__main__ import main
from training.architectures.photo_autoencoder import LINEAR, SIDE, build
from training.brightness import brightness
from training.fit import Run, fit
from training.inference import encoder_of, run_in_batches, runner
from training.losses import pair_loss
from training.photo_autoencoder import Views, start
from training.photo_autoencoder_figures import figures
from training.recipe import Stage
from training.recipes.photo_ae import RECIPE
from training.retrieval import DISTURBANCES, recall_at_1

STAGE = Stage(until=1.0, batch=16, size=SIDE)


@pytest.fixture(scope="module")
def folder(photograph: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photographs")
    for index in range(6):
        part = photograph[: 150 + 20 * index, 40 * index : 40 * index + 180]
        Image.fromarray(part).save(path / f"{index}.png")
    return path


@pytest.fixture(scope="module")
def views(folder: Path) -> Views:
    return Views(folder)


@pytest.fixture(scope="module")
def started(views: Views) -> keras.Model:
    """The network at its start: 64 values, and few channels."""
    model = build(latent=64, widths=(8, 8, 8), blocks=(1, 1, 1))
    start(model, views)
    return model


def test_a_quarter_of_the_photographs_is_held_out(views: Views) -> None:
    assert (len(views.training), len(views.held_out)) == (4, 2)
    shapes = {photograph.shape for photograph in views.training}
    assert not shapes & {photograph.shape for photograph in views.held_out}


def test_batches_are_pairs_of_which_the_second_is_disturbed(views: Views) -> None:
    inputs, targets = next(views.batches(STAGE, np.random.default_rng(0)))
    shown, meant = inputs["image"], targets["image"]
    assert shown.shape == meant.shape == (16, SIDE, SIDE, 3)
    assert np.array_equal(shown[0::2], meant[0::2])
    changed = [not np.array_equal(*pair) for pair in zip(shown[1::2], meant[1::2], strict=True)]
    assert 4 <= sum(changed) <= 8
    first, second = (pictures.reshape(8, -1) for pictures in (meant[0::2], meant[1::2]))
    likeness = np.corrcoef(first, second)[:8, 8:]
    assert np.mean(likeness.argmax(axis=1) == np.arange(8)) > 0.5


def test_pair_loss_is_small_when_pairs_are_alike_and_nobody_else_is() -> None:
    apart = np.eye(8, dtype=np.float32)
    mixed = np.random.default_rng(0).permutation(8)
    assert float(pair_loss(None, np.repeat(apart, 2, axis=0))) < 0.1
    assert float(pair_loss(None, np.ones((16, 8), np.float32))) == pytest.approx(np.log(8), abs=1e-4)
    assert float(pair_loss(None, np.stack([apart, apart[mixed]], axis=1).reshape(16, 8))) > np.log(8)


def test_pair_loss_does_not_look_at_lengths() -> None:
    embeddings = np.random.default_rng(0).standard_normal((16, 8)).astype(np.float32)
    lengths = np.linspace(0.5, 9, 16, dtype=np.float32)[:, None]
    assert float(pair_loss(None, embeddings * lengths)) == pytest.approx(float(pair_loss(None, embeddings)), rel=1e-4)


def test_a_fresh_network_starts_at_principal_components(started: keras.Model, views: Views) -> None:
    thumbnails = views.thumbnails(400)
    decode = np.asarray(started.get_layer(DECODER).get_layer(LINEAR).kernel)
    unit = decode / np.linalg.norm(decode, axis=1, keepdims=True)
    assert unit @ unit.T == pytest.approx(np.eye(64), abs=1e-3)
    flat = thumbnails.reshape(len(thumbnails), -1)
    kept = np.sum((flat @ unit.T) ** 2) / np.sum(flat**2)
    assert kept > 0.9


def test_a_fresh_network_gives_back_a_blurred_photograph_of_the_same_brightness(
    started: keras.Model, views: Views
) -> None:
    inputs, _ = next(views.batches(STAGE, np.random.default_rng(1)))
    shown = inputs["image"][0::2]
    output = run_in_batches(runner(autoencoder_of(started)), shown)
    assert np.mean((output - shown) ** 2) < 0.3 * np.mean((shown - shown.mean(axis=(1, 2, 3), keepdims=True)) ** 2)
    assert output.mean(axis=(1, 2, 3)) == pytest.approx(shown.mean(axis=(1, 2, 3)), abs=0.03)


def test_embedding_does_not_know_brightness_and_contrast(started: keras.Model, views: Views) -> None:
    inputs, _ = next(views.batches(STAGE, np.random.default_rng(1)))
    shown, encode = inputs["image"][0::2], encoder_of(started)
    assert encode({"image": 0.6 * shown + 0.1}) == pytest.approx(encode({"image": shown}), abs=1e-3)


def test_pca_sees_pictures_standardised_as_the_network_does() -> None:
    pictures = np.random.default_rng(0).random((2, 8, 8, 3)).astype(np.float32) * np.float32(0.4)
    mean, deviation = brightness(pictures)
    assert np.asarray(Standardize()(pictures)) == pytest.approx((pictures - mean) / deviation, abs=1e-5)


def test_a_flat_picture_comes_back_flat(started: keras.Model) -> None:
    flat = np.full((1, SIDE, SIDE, 3), 0.7, np.float32)
    assert runner(autoencoder_of(started))({"image": flat}) == pytest.approx(flat, abs=0.02)


@pytest.mark.parametrize("name", DISTURBANCES)
def test_disturbances_change_a_photograph_as_they_say(name: str, photograph: np.ndarray) -> None:
    changed = DISTURBANCES[name](photograph, np.random.default_rng(0))
    assert changed.dtype == np.uint8
    if "crop" in name:
        assert changed.shape == (270, 406, 3)
        return
    assert changed.shape == photograph.shape
    assert changed.mean() / photograph.mean() == pytest.approx(
        {"20 % more brightness": 1.2, "20 % less brightness": 0.8}.get(name, 1.0), rel=0.02
    )


def test_recall_counts_who_finds_itself() -> None:
    gallery = np.eye(4, dtype=np.float32)
    assert recall_at_1(gallery, 3 * gallery) == 1.0
    assert recall_at_1(gallery, gallery[[0, 1, 3, 2]]) == 0.5


def test_figures_stand_beside_those_of_pca(started: keras.Model, views: Views) -> None:
    found = {figure.metric: figure.value for figure in figures(started, views.training, views.held_out)}
    assert {name.partition(" of PCA")[0] for name in found} == {name for name in found if " of PCA" not in name}
    assert 10 < found["PSNR"] < 40
    assert 0 < found["SSIM"] < 1
    assert found["recall@1 after 20 % less brightness"] == 1.0


def test_short_run_makes_an_artifact_that_is_measured_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(loop, "STEPS_PER_ROUND", 2)
    monkeypatch.setattr(photo_autoencoder, "COMPONENTS_FROM", 300)
    small = partial(build, 256, (8, 8, 8), (1, 1, 1), 4)
    recipe = replace(RECIPE, build=small, stages=(Stage(until=1.0, batch=2, size=SIDE),))
    artifact = verify(fit(Run(recipe, data=folder, minutes=0.001, out=tmp_path / "out")))
    card = artifact.card
    assert (card.task, card.input.height, card.embedding and card.embedding.dimension) == ("autoencode", 128, 256)
    assert set(load(artifact).output) == {"image", "embedding"}
    assert main(["evaluate", "out/photo-ae/1", "--data", str(folder)]) == 0
    printed = capsys.readouterr().out
    assert "PSNR" in printed
    assert "recall@1 after a crop of 90 % of each side" in printed
    assert "PCA" not in printed
