"""Writing artifacts: whole or not at all."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras

from models.card import CARD_FILE, MODEL_FILE, Figure, ModelCard, read_card, version_key
from models.store import find, verify
from training.compact import compact


def next_version(directory: Path, name: str) -> str:
    """Return the major version after the newest of `name` below `directory`; `1` where there is none."""
    versions = find(directory).get(name, {}) if directory.is_dir() else {}
    return str(max((version_key(version)[0] for version in versions), default=0) + 1)


def export(model: keras.Model, fields: Mapping[str, Any], directory: Path) -> Path:
    """Write `model` and the card made of `fields` as `<directory>/<name>/<version>/`, and return that folder.

    The artifact is built beside its place, verified as the service would, and moved there in one step. Kernels are
    stored as training.compact rounds them: measure a model of rounded weights. Raises
    pydantic.ValidationError for a card that is not complete and models.store.ArtifactError for a model with parts
    that the service would refuse.
    """
    target = directory / str(fields["name"]) / str(fields["version"])
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory) as scratch:
        partial = Path(scratch) / target.parent.name / target.name
        partial.mkdir(parents=True)
        model.save(partial / MODEL_FILE)
        compact(partial / MODEL_FILE)
        digest = hashlib.sha256((partial / MODEL_FILE).read_bytes()).hexdigest()
        write_card(ModelCard(**fields, sha256=digest), partial)
        verify(partial)
        shutil.move(partial, target)
    return target


def write_card(card: ModelCard, folder: Path) -> None:
    """Write `card` into `folder`, replacing the one there in one step. Raises ValueError for a number that is none."""
    partial = folder / f"{CARD_FILE}.partial"
    partial.write_text(json.dumps(card.model_dump(mode="json"), indent=2, allow_nan=False) + "\n")
    partial.replace(folder / CARD_FILE)


def add_figures(folder: Path, figures: Sequence[Figure]) -> None:
    """Put `figures` into the card in `folder`, in the place of those that measured the same."""
    card = read_card(folder)
    measured = {_subject(figure) for figure in figures}
    kept = [figure for figure in card.figures if _subject(figure) not in measured]
    write_card(card.model_copy(update={"figures": (*kept, *figures)}), folder)


def _subject(figure: Figure) -> tuple[object, ...]:
    return figure.metric, figure.dataset, figure.sigma, figure.protocol, figure.precision
