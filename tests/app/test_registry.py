"""Which engine a reference means."""

import pytest

from app.errors import InvalidParameter, NotReady, UnknownModel
from app.registry import Registry, load_all
from app.settings import Settings
from models.card import ModelCard
from models.store import BUNDLED, Artifact, newest, verify
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


def test_nothing_is_served_before_everything_is_loaded() -> None:
    with pytest.raises(NotReady):
        Registry().all()
