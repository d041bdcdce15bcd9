"""The Dockerfile: what gets into the image, and how it runs."""

import json
import re
import tomllib

from tests.container.compose import ROOT, compose_file
from tests.container.dockerfile import of, only

BASE = "python:3.11-slim-bookworm"
SOURCES = {"app", "models", "pyproject.toml", "README.md", "LICENSE", "requirements.lock", "requirements-gpu.lock"}


def copied() -> set[str]:
    """Return what the image's stages take from the project."""
    return {source for text in of("COPY") if not text.startswith("--from") for source in text.split()[:-1]}


def locked(lock: str) -> set[str]:
    """Return the names of the packages in a lock."""
    return set(re.findall(r"^([\w-]+)==", (ROOT / lock).read_text(), re.MULTILINE))


def test_every_stage_starts_from_the_same_base() -> None:
    stages = {text.partition(" AS ")[2] for text in of("FROM")}
    assert {text.partition(" AS ")[0] for text in of("FROM")} - stages == {BASE}
    assert of("FROM", "") == [BASE]


def test_the_service_and_its_models_are_copied_and_nothing_else() -> None:
    assert copied() == SOURCES
    assert all(text.startswith("--from") for text in of("COPY", ""))
    assert of("RUN", "") == []


def test_nothing_else_is_sent_to_the_builder() -> None:
    first, *lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert first == "*"
    assert {line.removeprefix("!") for line in lines if line.startswith("!")} == SOURCES
    assert all((ROOT / source).exists() for source in SOURCES)


def test_the_user_is_a_number_and_not_root() -> None:
    user, group = only("USER").split(":")
    assert int(user) > 0
    assert int(group) > 0


def test_signals_reach_the_service() -> None:
    assert json.loads(only("CMD")) == ["limpid", "serve"]
    assert only("STOPSIGNAL") == "SIGTERM"


def test_health_is_asked_for_without_a_shell_or_curl() -> None:
    options, _, command = only("HEALTHCHECK").partition(" CMD ")
    asked = compose_file("docker-compose.yml")["services"]["limpid"]["healthcheck"]
    assert asked.pop("test") == ["CMD", *json.loads(command)]
    assert dict(re.findall(r"--([\w-]+)=(\S+)", options)) == {
        name.replace("_", "-"): str(value) for name, value in asked.items()
    }


def test_the_label_has_the_version_of_the_project() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f"VERSION={version}" in of("ARG", "")
    assert 'image.version="$VERSION"' in only("LABEL")


def test_each_variant_has_its_tensorflow() -> None:
    cpu, gpu = locked("requirements.lock"), locked("requirements-gpu.lock")
    assert "tensorflow-cpu" in cpu
    assert {"tensorflow", "nvidia-cudnn-cu12", "nvidia-cublas-cu12"} <= gpu
    assert "tensorflow-cpu" not in gpu


def test_what_is_taken_out_was_there() -> None:
    (removed,) = [text for text in of("RUN", "lean") if " uninstall " in text]
    names = set(removed.partition("--yes ")[2].split())
    assert names
    assert names <= locked("requirements.lock") & locked("requirements-gpu.lock")
