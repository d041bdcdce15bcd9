"""Which engine a reference means."""

import json
from pathlib import Path

import pytest

from app.errors import InvalidParameter, NotReady, UnknownModel
from app.registry import Registry, find_artifact, load_all
from app.settings import Settings
from models.card import CARD_FILE, ModelCard
from models.store import BUNDLED, Artifact, ArtifactError, newest, verify
from tests.blind import write_artifact
from tests.http.conftest import halving_loader


def artifact(name: str, version: str) -> Artifact:
    card: ModelCard = verify(newest(BUNDLED, name)).card
    return Artifact(card.model_copy(update={"version": version}), b"")


@pytest.fixture
def registry() -> Registry:
    loaded = Registry()
    versions = [("photo", "2"), ("photo", "10"), ("photo", "9"), ("digits-denoise", "1")]
    loaded.show(load_all([artifact(*each) for each in versions], halving_loader, Settings()))
    return loaded


@pytest.mark.parametrize(("reference", "version"), [("photo", "10"), ("photo@9", "9"), ("photo@2", "2")])
def test_name_means_the_newest_version_and_a_pin_its_own(registry: Registry, reference: str, version: str) -> None:
    assert registry.get(reference).card.version == version


@pytest.mark.parametrize("reference", ["photo@77", "Photo", "", "photo@"])
def test_anything_else_is_unknown(registry: Registry, reference: str) -> None:
    with pytest.raises(UnknownModel, match="photo@10"):
        registry.get(reference)


def test_task_is_checked(registry: Registry) -> None:
    with pytest.raises(InvalidParameter, match="none"):
        registry.get_for("autoencode", "photo")


@pytest.mark.parametrize(
    ("part", "halo", "named"),
    [("input", 64, "two halos of 64"), ("estimator", 89, "two halos of 89"), ("estimator", 56, None)],
)
def test_a_model_that_sees_farther_than_a_tile_is_refused_by_name(
    tmp_path: Path, part: str, halo: int, named: str | None
) -> None:
    folder = tmp_path / "blind" / "1"
    write_artifact(tmp_path, "blind", level=9)
    card = json.loads((folder / CARD_FILE).read_text())
    card[part]["halo"] = halo
    (folder / CARD_FILE).write_text(json.dumps(card))
    settings = Settings(artifacts_dir=tmp_path, models=("blind",), tile=128)
    if named is None:
        assert find_artifact(settings, "blind").card.reference == "blind@1"
        return
    with pytest.raises(ArtifactError, match=f"blind@1 does not fit LIMPID_TILE: .* {named}"):
        find_artifact(settings, "blind")
    assert find_artifact(settings.model_copy(update={"tile": 256}), "blind").card.name == "blind"


def test_nothing_is_served_before_everything_is_loaded() -> None:
    with pytest.raises(NotReady):
        Registry().all()
