"""`limpid models`: listing, showing and verifying artifacts."""

import json
import shutil
from pathlib import Path

import pytest

from models.card import CARD_FILE, MODEL_FILE, read_card
from models.store import BUNDLED, find, newest
from tests.cli.conftest import Run

REFERENCES = [f"{name}@{version}" for name, versions in find(BUNDLED).items() for version in versions]


@pytest.fixture
def artifacts(tmp_path: Path) -> Path:
    """Copies of two models to spoil."""
    for name in ("digits-denoise", "digits-ae"):
        shutil.copytree(BUNDLED / name, tmp_path / "artifacts" / name)
    return tmp_path / "artifacts"


def test_list_names_each_version_and_what_is_loaded(limpid: Run) -> None:
    result = limpid("models", "list", LIMPID_MODELS="digits-ae")
    assert result.exit_code == 0
    head, *rows = (line.split() for line in result.stdout.splitlines())
    assert head[:2] == ["name", "version"]
    assert [f"{row[0]}@{row[1]}" for row in rows] == REFERENCES
    for row in rows:
        assert ("yes" in row) == (row[0] == "digits-ae")
        assert {"MiB", "Apache-2.0"} <= set(row)


def test_list_names_what_the_settings_miss(artifacts: Path, limpid: Run) -> None:
    result = limpid("models", "list", LIMPID_ARTIFACTS_DIR=str(artifacts), LIMPID_MODELS="digits-ae,photo")
    assert result.exit_code == 1
    assert "digits-denoise" in result.stdout
    assert "no model photo" in result.stderr


def test_list_shows_a_broken_card_among_the_others(artifacts: Path, limpid: Run) -> None:
    (newest(artifacts, "digits-denoise") / CARD_FILE).write_text("{")
    result = limpid("models", "list", LIMPID_ARTIFACTS_DIR=str(artifacts), LIMPID_MODELS="digits-ae")
    assert result.exit_code == 0
    assert "autoencode" in result.stdout
    assert "broken" in result.stdout


@pytest.mark.parametrize("reference", REFERENCES)
def test_card_for_people_and_for_programs(limpid: Run, reference: str) -> None:
    name, _, version = reference.partition("@")
    card = read_card(BUNDLED / name / version).model_dump(mode="json")
    text = limpid("models", "show", name).stdout
    for shown in (card["summary"], card["licence"], card["sha256"], card["training"]["data"]):
        assert shown in text
    for figure in card["figures"]:
        assert f"{figure['metric']} {figure['value']:g}" in text
    loaded = json.loads(limpid("models", "show", reference, "--json").stdout)
    assert card.items() <= loaded.items()


def test_unknown_model_names_those_there_are(limpid: Run) -> None:
    for words in (["show", "phot"], ["show", "photo@99"]):
        result = limpid("models", *words)
        assert result.exit_code == 1
        assert len(result.stderr.splitlines()) == 1
        assert REFERENCES[0] in result.stderr


def test_verify_takes_all_or_those_named(limpid: Run) -> None:
    every = limpid("models", "verify")
    assert every.exit_code == 0
    assert [line.split()[:2] for line in every.stdout.splitlines()] == [["ok", each] for each in REFERENCES]
    one = limpid("models", "verify", "digits-ae")
    assert [line.split()[1] for line in one.stdout.splitlines()] == ["digits-ae@1"]


def test_verify_goes_on_after_a_broken_model(artifacts: Path, limpid: Run) -> None:
    model = artifacts / "digits-ae" / "1" / MODEL_FILE
    model.write_bytes(model.read_bytes()[:-1])
    result = limpid("models", "verify", "digits-ae", "photo", "digits-denoise", LIMPID_ARTIFACTS_DIR=str(artifacts))
    assert result.exit_code == 1
    broken, missing, sound = result.stdout.splitlines()
    assert broken.startswith("broken  digits-ae")
    assert "sha256" in broken
    assert missing.startswith("broken  photo")
    assert sound.startswith("ok      digits-denoise@")


def test_missing_directory_is_one_line(tmp_path: Path, limpid: Run) -> None:
    for words in (["list"], ["show", "photo"], ["verify"]):
        result = limpid("models", *words, LIMPID_ARTIFACTS_DIR=str(tmp_path / "nowhere"))
        assert result.exit_code == 1
        assert result.stderr == f"limpid: no artifacts directory {tmp_path / 'nowhere'}\n"
