"""New versions beside old ones, refused ones, and the memory of those that go."""

import asyncio
import gc
import hashlib
import json
import logging
import shutil
import weakref
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from app.registry import Engine, find_artifacts
from app.reloading import let_go, reload
from app.service import Service
from app.settings import Settings
from models.card import CARD_FILE, MODEL_FILE
from models.store import BUNDLED, Artifact, ArtifactError, newest
from tests.http.conftest import HalvingEngine, halving_loader

NAMES = ("digits-ae", "digits-denoise")


def add(directory: Path, name: str, version: str) -> Path:
    """Add a version of a model of the repository: the same network under another number."""
    folder = directory / name / version
    shutil.copytree(newest(BUNDLED, name), folder)
    change_card(folder, version=version)
    return folder


def change_card(folder: Path, **fields: object) -> None:
    card = json.loads((folder / CARD_FILE).read_text())
    (folder / CARD_FILE).write_text(json.dumps(card | fields))


def add_layer(folder: Path, layer: dict[str, object]) -> None:
    """Add a layer to the model's configuration and correct the card's digest."""
    path = folder / MODEL_FILE
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(contents["config.json"])
    config["config"]["layers"].append(layer)
    contents["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in contents.items():
            archive.writestr(name, data)
    change_card(folder, sha256=hashlib.sha256(path.read_bytes()).hexdigest())


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    for name in NAMES:
        add(tmp_path, name, "1")
    return tmp_path


@pytest.fixture
def service(directory: Path) -> Service:
    """A service with version 1 of two models."""
    return serving(directory, *NAMES)


def serving(directory: Path, *models: str) -> Service:
    service = Service(Settings(artifacts_dir=directory, models=models))
    service.load(find_artifacts(service.settings), halving_loader)
    return service


def served(service: Service) -> list[str]:
    return [engine.card.reference for engine in service.registry.all()]


def test_without_changes_every_engine_stays(service: Service) -> None:
    before = list(service.registry.all())
    assert reload(service, halving_loader) == []
    assert list(service.registry.all()) == before
    assert service.reloads == {"unchanged": 2}


def test_a_new_version_takes_the_old_ones_place(
    service: Service, directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    add(directory, "digits-denoise", "10")
    reload(service, halving_loader)
    assert served(service) == ["digits-ae@1", "digits-denoise@10"]
    assert service.reloads == {"unchanged": 1, "swapped": 1}
    assert "reloaded digits-denoise@1 -> digits-denoise@10 in" in caplog.text


def test_other_bytes_under_the_same_number_are_a_new_version(service: Service, directory: Path) -> None:
    folder = directory / "digits-denoise" / "1"
    with (folder / MODEL_FILE).open("ab") as file:
        file.write(b"\0")
    change_card(folder, sha256=hashlib.sha256((folder / MODEL_FILE).read_bytes()).hexdigest())
    before = service.registry.get("digits-denoise").card.sha256
    reload(service, halving_loader)
    assert service.registry.get("digits-denoise").card.sha256 != before


def test_without_the_newest_the_one_before_is_served_again(service: Service, directory: Path) -> None:
    newer = add(directory, "digits-ae", "2")
    reload(service, halving_loader)
    shutil.rmtree(newer)
    reload(service, halving_loader)
    assert served(service) == ["digits-ae@1", "digits-denoise@1"]


def truncate(folder: Path) -> None:
    path = folder / MODEL_FILE
    path.write_bytes(path.read_bytes()[:-100])


def give_wrong_digest(folder: Path) -> None:
    change_card(folder, sha256="0" * 64)


def remove_card(folder: Path) -> None:
    (folder / CARD_FILE).unlink()


def remove_model(folder: Path) -> None:
    (folder / MODEL_FILE).unlink()


def add_lambda(folder: Path) -> None:
    add_layer(folder, {"module": "keras.layers", "class_name": "Lambda", "config": {}, "registered_name": None})


def add_foreign_module(folder: Path) -> None:
    add_layer(folder, {"module": "os", "class_name": "system", "config": "true", "registered_name": None})


REFUSED = [
    (truncate, "2/model.keras: sha256 is"),
    (give_wrong_digest, "2/model.keras: sha256 is"),
    (remove_card, "2/card.json"),
    (remove_model, "2/model.keras: not readable"),
    (add_lambda, "2/model.keras: holds keras.layers.Lambda"),
    (add_foreign_module, "2/model.keras: holds os.system"),
]


@pytest.mark.parametrize(("spoil", "reason"), REFUSED)
def test_a_broken_version_is_refused_in_one_line_while_others_are_exchanged(
    spoil: Callable[[Path], None],
    reason: str,
    service: Service,
    directory: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    spoil(add(directory, "digits-ae", "2"))
    add(directory, "digits-denoise", "2")
    reload(service, halving_loader)
    assert served(service) == ["digits-ae@1", "digits-denoise@2"]
    assert service.reloads == {"refused": 1, "swapped": 1}
    (line,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert line.getMessage().startswith("refused digits-ae: ")
    assert reason in line.getMessage()
    assert line.getMessage().endswith("digits-ae@1 keeps serving")
    assert not line.exc_info


def test_a_sound_version_below_a_broken_one_is_not_looked_for(service: Service, directory: Path) -> None:
    add(directory, "digits-ae", "2")
    remove_card(add(directory, "digits-ae", "3"))
    reload(service, halving_loader)
    assert service.registry.get("digits-ae").card.version == "1"


def test_what_was_refused_is_served_once_it_is_whole(service: Service, directory: Path) -> None:
    folder = add(directory, "digits-ae", "2")
    (folder / MODEL_FILE).rename(directory / MODEL_FILE)
    reload(service, halving_loader)
    (directory / MODEL_FILE).rename(folder / MODEL_FILE)
    reload(service, halving_loader)
    assert service.registry.get("digits-ae").card.version == "2"


@pytest.mark.parametrize("gone", ["digits-ae", ""])
def test_a_model_that_vanished_keeps_serving(
    gone: str, service: Service, directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.rmtree(directory / gone)
    reload(service, halving_loader)
    assert served(service) == ["digits-ae@1", "digits-denoise@1"]
    assert "refused digits-ae: no " in caplog.text


@pytest.mark.parametrize("error", [ArtifactError("Keras can't load it"), RuntimeError("no kernel"), MemoryError()])
def test_a_version_that_fails_to_load_is_refused(error: Exception, service: Service, directory: Path) -> None:
    def load(artifact: Artifact, settings: Settings) -> Engine:
        raise error

    add(directory, "digits-ae", "2")
    reload(service, load)
    assert served(service) == ["digits-ae@1", "digits-denoise@1"]


def test_pinned_versions_stay_beside_each_other(directory: Path) -> None:
    add(directory, "digits-ae", "2")
    service = serving(directory, "digits-ae@1", "digits-ae@2", "digits-denoise")
    add(directory, "digits-ae", "3")
    reload(service, halving_loader)
    assert served(service) == ["digits-ae@1", "digits-ae@2", "digits-denoise@1"]


def test_what_else_reloads_is_called_and_its_error_is_one_line(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    called = []

    def fail() -> None:
        raise ValueError("keys: line 3 is too short")

    service.on_reload += [fail, lambda: called.append(True)]
    service.reread()
    assert called == [True]
    assert "not reloaded: keys: line 3 is too short" in caplog.text


@pytest.mark.anyio
async def test_an_engine_goes_with_its_last_user_though_it_refers_to_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.reloading.AGAIN_S", 0.01)
    engine = HalvingEngine(find_artifacts(Settings(models=("digits-ae",)))[0].card)
    engine.myself = engine  # as graphs do
    reference = weakref.ref(engine)
    in_use = {"by a request": engine}
    del engine
    gc.disable()
    try:
        leaving = asyncio.create_task(let_go([reference]))
        await asyncio.sleep(0.05)
        assert reference() is not None
        in_use.clear()
        await asyncio.wait_for(leaving, 5)
    finally:
        gc.enable()
    assert reference() is None
