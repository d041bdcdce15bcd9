"""Finding artifacts, and refusing those that are not what they should be."""

import hashlib
import json
import shutil
import zipfile
from pathlib import Path

import pytest

from models.card import CARD_FILE, MODEL_FILE
from models.store import BUNDLED, ArtifactError, find, newest, verify


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    """A copy of the `photo` artifact to spoil, as version 8 whichever it is."""
    target = tmp_path / "photo" / "8"
    shutil.copytree(newest(BUNDLED, "photo"), target)
    change_card(target, version=target.name)
    return target


def change_card(folder: Path, **fields: object) -> None:
    card = json.loads((folder / CARD_FILE).read_text())
    (folder / CARD_FILE).write_text(json.dumps(card | fields))


def change_model(folder: Path, **members: bytes) -> None:
    """Replace or add members (`config__json` for `config.json`) of the model file, and correct the card's digest."""
    path = folder / MODEL_FILE
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    contents |= {name.replace("__", "."): data for name, data in members.items()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in contents.items():
            archive.writestr(name, data)
    change_card(folder, sha256=hashlib.sha256(path.read_bytes()).hexdigest())


def config_of(folder: Path) -> dict:
    with zipfile.ZipFile(folder / MODEL_FILE) as archive:
        return json.loads(archive.read("config.json"))


def with_layer(folder: Path, layer: dict) -> None:
    config = config_of(folder)
    config["config"]["layers"].append(layer)
    change_model(folder, config__json=json.dumps(config).encode())


@pytest.mark.parametrize("name", find(BUNDLED))
def test_artifacts_of_the_repository_are_whole(name: str) -> None:
    artifact = verify(newest(BUNDLED, name))
    assert artifact.card.name == name
    assert artifact.card.figures


def test_newest_version_is_the_highest_number(artifact: Path) -> None:
    for version in ("9", "10", "9.5"):
        artifact.with_name(version).mkdir()
    artifact.with_name("notes").mkdir()
    (artifact.parent.parent / "stray.txt").write_text("")
    root = artifact.parent.parent
    assert find(root).keys() == {"photo"}
    assert newest(root, "photo").name == "10"
    assert newest(root, "photo@9").name == "9"


@pytest.mark.parametrize("name", ["unet", "photo@77", "../photo", ""])
def test_missing_model_names_those_there_are(artifact: Path, name: str) -> None:
    with pytest.raises(ArtifactError, match=f"photo@{artifact.name}"):
        newest(artifact.parent.parent, name)


def test_missing_directory(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="nowhere"):
        find(tmp_path / "nowhere")


def test_missing_card(artifact: Path) -> None:
    (artifact / CARD_FILE).unlink()
    with pytest.raises(ArtifactError, match="no readable card"):
        verify(artifact)


def test_missing_model_file(artifact: Path) -> None:
    (artifact / MODEL_FILE).unlink()
    with pytest.raises(ArtifactError, match="not readable"):
        verify(artifact)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"task": "paint"}, "task"),
        ({"extra": 1}, "extra"),
        ({"input": {"channels": 2}}, "channels"),
        ({"noise": None}, "noise"),
        ({"estimator": None}, "estimator"),
        ({"controls": []}, "estimator"),
    ],
)
def test_card_that_breaks_the_schema_names_the_field(artifact: Path, fields: dict, named: str) -> None:
    change_card(artifact, **fields)
    with pytest.raises(ArtifactError, match=named):
        verify(artifact)


def test_card_that_is_no_json(artifact: Path) -> None:
    (artifact / CARD_FILE).write_text('{"name": "photo"')
    with pytest.raises(ArtifactError, match="card"):
        verify(artifact)


def test_card_of_another_folder(artifact: Path) -> None:
    change_card(artifact, version="99")
    with pytest.raises(ArtifactError, match="photo@99"):
        verify(artifact)


@pytest.mark.parametrize(
    "spoil", [lambda data: data[:-100], lambda data: data[:-1] + bytes([data[-1] ^ 1]), lambda data: data[:0]]
)
def test_wrong_digest(artifact: Path, spoil) -> None:
    path = artifact / MODEL_FILE
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(ArtifactError, match="sha256"):
        verify(artifact)


def test_truncated_file_with_a_matching_digest(artifact: Path) -> None:
    path = artifact / MODEL_FILE
    path.write_bytes(path.read_bytes()[:1000])
    change_card(artifact, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    with pytest.raises(ArtifactError, match="not a readable"):
        verify(artifact)


@pytest.mark.parametrize(
    "layer",
    [
        {"module": "keras.layers", "class_name": "Lambda", "config": {}, "registered_name": None},
        {"module": "keras.layers", "class_name": "TorchModuleWrapper", "config": {}, "registered_name": None},
        {"module": "os", "class_name": "system", "config": "true", "registered_name": None},
        {"module": "builtins", "class_name": "function", "config": "eval", "registered_name": "function"},
        {"module": "models.layers", "class_name": "SpaceToDepth", "config": {}, "registered_name": "evil>Layer"},
        {"class_name": "__lambda__", "config": {"value": "…"}},
        {"registered_name": "evil>Layer"},
    ],
)
def test_parts_that_are_not_on_the_allow_list(artifact: Path, layer: dict) -> None:
    with_layer(artifact, layer)
    with pytest.raises(ArtifactError, match="allow-list"):
        verify(artifact)


def test_foreign_part_hidden_deep_in_a_plain_layer(artifact: Path) -> None:
    from models.loader import DENOISER

    config = config_of(artifact)
    denoiser = next(each for each in config["config"]["layers"] if each["name"] == DENOISER)
    conv = next(each for each in denoiser["config"]["layers"] if each["class_name"] == "Conv2D")
    conv["config"]["activation"] = {"module": "builtins", "class_name": "function", "config": "exec"}
    change_model(artifact, config__json=json.dumps(config).encode())
    with pytest.raises(ArtifactError, match=r"builtins\.function"):
        verify(artifact)


def test_compiled_model(artifact: Path) -> None:
    config = config_of(artifact) | {"compile_config": {"loss": "mse"}}
    change_model(artifact, config__json=json.dumps(config).encode())
    with pytest.raises(ArtifactError, match="compiled"):
        verify(artifact)


def test_file_with_more_in_it(artifact: Path) -> None:
    change_model(artifact, assets__bin=b"more")
    with pytest.raises(ArtifactError, match=r"assets\.bin"):
        verify(artifact)


@pytest.mark.parametrize("config", [b"[]", b"{", b"\xff", b'{"a":' * 100_000])
def test_configuration_that_is_no_object(artifact: Path, config: bytes) -> None:
    change_model(artifact, config__json=config)
    with pytest.raises(ArtifactError, match=MODEL_FILE):
        verify(artifact)


def test_error_without_words_is_named_by_its_kind(artifact: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    from models.loader import load

    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(keras.saving, "load_model", fail)
    with pytest.raises(ArtifactError, match="can't load it: MemoryError"):
        load(verify(artifact))


def test_file_that_keras_cannot_load_is_one_line(artifact: Path) -> None:
    from models.loader import load

    config = config_of(artifact)
    config["config"]["layers"] = config["config"]["layers"][:3]
    change_model(artifact, config__json=json.dumps(config).encode())
    with pytest.raises(ArtifactError, match="can't load") as caught:
        load(verify(artifact))
    assert "\n" not in str(caught.value)
