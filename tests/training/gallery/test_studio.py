"""Where exhibits get their models and data from."""

import dataclasses
from pathlib import Path

import pytest

from training import loop
from training.gallery.studio import FEW_TEST, Studio
from training.photographs import image_files
from training.recipes import RECIPES


@pytest.fixture(autouse=True)
def short_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "STEPS_PER_ROUND", 1)


def test_the_artifact_in_the_repository_comes_first(tmp_path: Path) -> None:
    card, model = Studio(tmp_path).model("digits-ae")
    assert card.name == "digits-ae"
    assert model.count_params() == card.parameters
    assert not list(tmp_path.iterdir())


def test_other_models_are_trained_once_and_kept(
    digits_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = dataclasses.replace(RECIPES["digits-simple"], minutes=0.001)
    monkeypatch.setitem(RECIPES, "digits-simple", short)
    studio = Studio(tmp_path, digits_file=digits_file)
    first = studio.model("digits-simple")[0]
    assert "small training images" in first.training.data
    assert studio.model("digits-simple")[0] == first
    assert (tmp_path / "digits-simple" / "1" / "card.json").is_file()


def test_an_unknown_recipe_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no recipe nothing"):
        Studio(tmp_path).model("nothing")


def test_photographs_must_be_named_unless_it_is_fast(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="--photographs"):
        Studio(tmp_path).photographs_folder()
    assert Studio(tmp_path, photographs=tmp_path / "own").photographs_folder() == tmp_path / "own"
    fast = Studio(tmp_path, fast=True)
    assert len(image_files(fast.photographs_folder())) == 5
    assert fast.photographs_folder() == fast.photographs_folder()


def test_a_fast_studio_has_few_digits_and_epochs(digits_file: Path, tmp_path: Path) -> None:
    fast, full = (Studio(tmp_path, fast=fast, digits_file=digits_file) for fast in (True, False))
    assert len(fast.digits().test_images) <= FEW_TEST
    assert full.digits() is full.digits()
    assert (fast.scaled(20, 1), full.scaled(20, 1)) == (1, 20)
