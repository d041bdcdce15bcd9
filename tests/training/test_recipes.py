"""Every recipe makes a model that the service would take, whatever the backend."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

from models.card import Input, Noise, Training
from models.complexity import kmac_per_pixel
from models.loader import DENOISER, ENCODER, ESTIMATOR, load
from models.store import verify
from training.compact import rounded
from training.complexity import kmac_of_a_picture, receptive_radius
from training.export import export
from training.precision import POLICIES, precision_of
from training.recipe import Data
from training.recipes import RECIPES, recipe_named

NAMES = list(RECIPES)
PHOTO_KMAC = 70
PHOTO_BEST_KMAC = 300
PHOTO_BEST_PARAMETERS = 4_000_000
TUTORIAL_KMAC = 5.76
"""The Keras tutorials' denoising autoencoder: five convolutions of 32 channels."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photographs")
    rng = np.random.default_rng(0)
    for index in range(3):
        Image.fromarray(rng.integers(0, 256, (160, 140, 3), dtype=np.uint8)).save(path / f"{index}.png")
    return path


def data_of(name: str, folder: Path, digits_file: Path) -> Data:
    loaded: Data = RECIPES[name].load(folder if name.startswith("photo") else digits_file)
    return loaded


def fields(name: str, model: keras.Model, spec: Input) -> dict[str, Any]:
    return {
        "name": name,
        "version": "1",
        "task": "denoise",
        "summary": RECIPES[name].summary,
        "licence": "Apache-2.0",
        "input": spec,
        "parameters": model.count_params(),
        "kmac_per_pixel": kmac_per_pixel(model),
        "noise": Noise(kind="any", sigma_min=0, sigma_max=0),
        "training": Training(
            recipe=name,
            data="none",
            steps=0,
            samples=0,
            minutes=0,
            precision="float32",
            backend=keras.backend.backend(),
            keras=keras.version(),
        ),
    }


def feed_of(model: keras.Model) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {
        name: rng.random((2, *(side or 32 for side in tensor.shape[1:])), dtype=np.float32)
        for name, tensor in model.input.items()
    }


def outputs(model: keras.Model, feed: dict[str, np.ndarray]) -> list[np.ndarray]:
    return [np.asarray(each) for each in keras.tree.flatten(model(feed))]


def by_output(value: Any) -> dict[str, Any]:
    """Targets, outputs or losses by name, of a model with one output too."""
    return value if isinstance(value, dict) else {"image": value}


@pytest.mark.parametrize("name", NAMES)
def test_exported_model_is_taken_and_unchanged(name: str, tmp_path: Path) -> None:
    model = RECIPES[name].build("float32")
    rng = np.random.default_rng(1)
    weights = [rng.normal(0, 0.05, weight.shape).astype(np.float32) for weight in model.get_weights()]
    model.set_weights(rounded(weights))
    artifact = verify(export(model, fields(name, model, Input(channels=1)), tmp_path))
    loaded, feed = load(artifact), feed_of(model)
    assert all(map(np.array_equal, outputs(loaded, feed), outputs(model, feed)))
    assert list(loaded.input) == list(model.input)


@pytest.mark.parametrize("name", NAMES)
def test_batches_fit_the_model_and_its_loss(name: str, folder: Path, digits_file: Path) -> None:
    recipe = RECIPES[name]
    model, data = recipe.build("float32"), data_of(name, folder, digits_file)
    for stage in recipe.stages:
        inputs, target = next(data.batches(stage, np.random.default_rng(0)))
        targets, made, losses = by_output(target), by_output(model(inputs)), by_output(recipe.loss)
        side = inputs["image"].shape[1:3]
        assert side == (stage.size, stage.size)
        assert inputs["image"].shape == targets["image"].shape == made["image"].shape
        assert len(inputs["image"]) == stage.batch
        assert all(value.dtype == np.float32 for value in inputs.values())
        assert losses.keys() <= made.keys() <= targets.keys()
        assert all(np.isfinite(losses[key](targets[key], made[key])).all() for key in losses)
    assert data.describe()


@pytest.mark.parametrize("name", NAMES)
def test_batches_depend_on_the_generator_alone(name: str, folder: Path, digits_file: Path) -> None:
    data, stage = data_of(name, folder, digits_file), RECIPES[name].stages[0]
    drawn = [next(data.batches(stage, np.random.default_rng(seed)))[0]["image"] for seed in (0, 0, 1)]
    assert np.array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])


@pytest.mark.parametrize("name", NAMES)
def test_stages_end_with_the_run(name: str) -> None:
    ends = [stage.until for stage in RECIPES[name].stages]
    assert ends == sorted(ends)
    assert ends[-1] == 1.0


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("precision", POLICIES)
def test_models_answer_in_float32(name: str, precision: str) -> None:
    model = RECIPES[name].build(POLICIES[precision])
    assert {output.dtype for output in keras.tree.flatten(model.output)} == {"float32"}
    assert precision_of(model) in {"float32", precision}


def test_cards_tell_the_precision_of_nested_networks() -> None:
    assert precision_of(RECIPES["photo"].build(POLICIES["bfloat16"])) == "bfloat16"


def test_costs() -> None:
    photo, best = (RECIPES[name].build("float32") for name in ("photo", "photo-best"))
    assert kmac_of_a_picture(photo) <= PHOTO_KMAC
    assert kmac_of_a_picture(best) <= PHOTO_BEST_KMAC
    every = [kmac_per_pixel(part) for part in photo.layers if isinstance(part, keras.Model)]
    assert kmac_of_a_picture(photo) == pytest.approx(max(every) + min(every)), "one network, and the estimator"
    assert len(every) == 4
    image, white, estimator = (kmac_per_pixel(best.get_layer(name)) for name in (DENOISER, "white", ESTIMATOR))
    assert white > 2 * image
    assert kmac_of_a_picture(best) == pytest.approx(white + estimator), "the dearest network"
    assert best.count_params() <= PHOTO_BEST_PARAMETERS
    assert kmac_per_pixel(RECIPES["digits-denoise"].build("float32")) <= 2.1 * TUTORIAL_KMAC
    assert RECIPES["digits-ae"].build("float32").count_params() < 1_000_000


def test_receptive_radius_is_not_lost_in_a_sigmoid() -> None:
    image = keras.Input((None, None, 1), name="image")
    tensor = image
    for _ in range(8):
        tensor = keras.layers.Conv2D(2, 3, padding="same", activation="relu")(tensor)
    model = keras.Model({"image": image}, keras.layers.Conv2D(1, 3, padding="same", activation="sigmoid")(tensor))
    assert receptive_radius(model, multiple=1, reach=16) == 9


def test_encoder_alone_is_the_first_half() -> None:
    model = RECIPES["digits-ae"].build("float32")
    feed = feed_of(model)
    embedding = model.get_layer(ENCODER)(feed["image"])
    assert embedding.shape == (2, 32)
    assert np.allclose(model.get_layer("decoder")(embedding), model(feed), atol=1e-6)


def test_an_unknown_recipe_is_named_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=f"no recipe photos; there are: {', '.join(RECIPES)}"):
        recipe_named("photos")
