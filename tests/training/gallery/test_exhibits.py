"""What every exhibit has to show, made as fast as `--fast` makes it."""

import io
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from training import loop
from training.gallery.drawing import LARGEST_FILE, to_png
from training.gallery.exhibits import EXHIBITS
from training.gallery.studio import Studio

WIDEST = 1400


@pytest.fixture(scope="module")
def studio(digits_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Studio:
    return Studio(tmp_path_factory.mktemp("studio"), fast=True, digits_file=digits_file)


@pytest.mark.parametrize("name", EXHIBITS)
def test_every_exhibit_shows_a_picture_figures_and_what_they_mean(
    name: str, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "STEPS_PER_ROUND", 2)
    shown = EXHIBITS[name].make(studio)
    file = to_png(shown.picture)
    assert len(file) < LARGEST_FILE
    with Image.open(io.BytesIO(file)) as image:
        assert image.width <= WIDEST
        assert len(np.unique(np.asarray(image.convert("L")))) > 10
    assert len(shown.table.rows) > 1
    assert all(len(row) == len(shown.table.columns) for row in shown.table.rows)
    assert len({row[0] for row in shown.table.rows}) == len(shown.table.rows)
    assert len(shown.text.split(". ")) >= 2
    assert shown.alt
    assert "\n" not in shown.alt + shown.headline


@pytest.mark.parametrize("name", EXHIBITS)
def test_every_exhibit_says_its_command_and_what_to_expect(name: str) -> None:
    header = sys.modules[EXHIBITS[name].make.__module__].__doc__
    assert header
    assert header.startswith(f"`{name}`: ")
    assert f"python -m training gallery --only {name}" in header
    assert "Expected: " in header
    assert "TODO" not in header
