"""What exhibits work with: data, trained models, and how long they may take."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import keras
import numpy as np
from PIL import Image

from models.card import ModelCard
from models.loader import load
from models.store import BUNDLED, Artifact, find, newest, verify
from training import digits
from training.digits import Digits
from training.fit import Run, fit
from training.recipes import recipe_named

PHOTOGRAPHS = ("astronaut", "camera", "chelsea", "coffee", "rocket")
"""Photographs that come with scikit-image: what pictures show, and what a fast gallery trains on."""

FEW_TRAINING, FEW_TEST = 1_000, 200
"""Digits of a fast gallery."""


@dataclass(frozen=True)
class Studio:
    """One run of the gallery.

    `folder` keeps the models that had to be trained: that of a fast gallery is a temporary one. `digits_file` is an
    .npz in the format of Keras' MNIST (None: MNIST, downloaded by Keras), `photographs` a folder to train on.
    """

    folder: Path
    fast: bool = False
    digits_file: Path | None = None
    photographs: Path | None = None

    def digits(self) -> Digits:
        """Return the digits, read once; few of them when fast. Raises ValueError or OSError as training.digits.read."""
        return self._digits

    @cached_property
    def _digits(self) -> Digits:
        found = digits.read(self.digits_file)
        return _few(found) if self.fast else found

    @cached_property
    def _digits_to_train_on(self) -> Path | None:
        if not self.fast:
            return self.digits_file
        found, path = self.digits(), self.folder / f"{self.digits().name}.npz"
        arrays: dict[str, Any] = {
            "x_train": found.train_images,
            "y_train": found.train_labels,
            "x_test": found.test_images,
            "y_test": found.test_labels,
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        np.savez(path, **arrays)
        return path

    def photographs_folder(self) -> Path:
        """Return the folder of photographs to train on; when fast and none was named, one of scikit-image's.

        Raises ValueError where there is none.
        """
        if self.photographs is not None:
            return self.photographs
        if not self.fast:
            raise ValueError("needs photographs to train on: name a folder of them with --photographs")
        return self._bundled_photographs

    @cached_property
    def _bundled_photographs(self) -> Path:
        from skimage import data

        folder = self.folder / "photographs"
        folder.mkdir(parents=True)
        for name in PHOTOGRAPHS:
            Image.fromarray(getattr(data, name)()).convert("RGB").save(folder / f"{name}.png", compress_level=1)
        return folder

    def model(self, recipe: str) -> tuple[ModelCard, keras.Model]:
        """Return the model of a recipe: the newest artifact in the repository, else one trained here and kept.

        When fast it is trained for a single round of steps. Raises what training.fit.fit does.
        """
        artifact = self._kept(recipe) or verify(self._trained(recipe))
        return artifact.card, load(artifact)

    def _kept(self, recipe: str) -> Artifact | None:
        """Return the newest artifact of the recipe in the first place that has one."""
        for directory in (BUNDLED, self.folder):
            if directory.is_dir() and recipe in find(directory):
                return verify(newest(directory, recipe))
        return None

    def _trained(self, name: str) -> Path:
        recipe = recipe_named(name)
        data = self._digits_to_train_on if name.startswith("digits-") else self.photographs_folder()
        run = Run(recipe, data=data, out=self.folder, runs=self.folder / "unfinished")
        if self.fast:
            run = replace(run, recipe=replace(recipe, epoch=1), epochs=1)
        return fit(replace(run, resume=(run.folder / "checkpoint" / "progress.json").is_file()))

    def scaled(self, full: int, fast: int) -> int:
        """Return a number of epochs, steps or samples: `fast` when that is what counts."""
        return fast if self.fast else full


def _few(found: Digits) -> Digits:
    return Digits(
        found.name,
        found.train_images[:FEW_TRAINING],
        found.train_labels[:FEW_TRAINING],
        found.test_images[:FEW_TEST],
        found.test_labels[:FEW_TEST],
    )
