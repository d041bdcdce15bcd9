"""docker-compose.yml and docker-compose.gpu.yml: what the specification allows, and what a service needs."""

import os
import re
from typing import Any

import pytest
import yaml

from app.server import FLUSH_S
from app.settings import Settings
from tests.container.compose import ROOT, complaints, compose_file, merged, seconds

PLAIN = "docker-compose.yml"
GPU = "docker-compose.gpu.yml"


def with_gpu() -> dict[str, Any]:
    return merged(compose_file(PLAIN), compose_file(GPU))


@pytest.fixture(params=[False, True], ids=["cpu", "gpu"])
def service(request: pytest.FixtureRequest) -> dict[str, Any]:
    document = with_gpu() if request.param else compose_file(PLAIN)
    assert list(document["services"]) == ["limpid"]
    return document["services"]["limpid"]


@pytest.mark.parametrize("document", [compose_file(PLAIN), compose_file(GPU), with_gpu()], ids=[PLAIN, GPU, "merged"])
def test_the_files_follow_the_compose_specification(document: dict[str, Any]) -> None:
    assert complaints(document) == []


def test_the_specification_would_complain() -> None:
    broken = merged(compose_file(PLAIN), {"services": {"limpid": {"memory_limit": "6g"}}})
    assert "memory_limit" in "".join(complaints(broken))


def test_examples_of_the_documentation_follow_the_specification() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/deploying.md").read_text(), re.DOTALL)
    examples = [each for each in map(yaml.safe_load, blocks) if "services" in each]
    assert examples
    for example in examples:
        assert complaints(merged(compose_file(PLAIN), example)) == []


def test_the_service_can_do_no_more_than_it_must(service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.keys() & {"cap_add", "privileged", "user", "network_mode", "pid", "ipc"}


def test_only_a_bounded_folder_in_memory_can_be_written(service: dict[str, Any]) -> None:
    (folder,) = service["tmpfs"]
    assert re.fullmatch(r"/tmp:size=\d+m,mode=1777", folder)
    (artifacts,) = service["volumes"]
    assert artifacts["read_only"] is True
    assert artifacts["target"] == service["environment"]["LIMPID_ARTIFACTS_DIR"]


def test_memory_and_processes_are_bounded(service: dict[str, Any]) -> None:
    assert re.fullmatch(r"\d+g", service["mem_limit"])
    assert 256 <= service["pids_limit"] <= 4096


def test_stopping_leaves_time_to_drain(service: dict[str, Any]) -> None:
    draining = sum(Settings.model_fields[name].default for name in ("drain_delay_s", "drain_timeout_s"))
    assert seconds(service["stop_grace_period"]) >= draining + FLUSH_S + 5


def test_a_cold_start_is_not_taken_for_illness(service: dict[str, Any]) -> None:
    assert seconds(service["healthcheck"]["start_period"]) >= 60


def test_it_is_reached_from_this_machine_only_unless_told_otherwise(service: dict[str, Any]) -> None:
    assert service["ports"] == ["${LIMPID_PUBLISH:-127.0.0.1:8000}:8000"]
    assert service["environment"]["LIMPID_HOST"] == "0.0.0.0"
    assert service["environment"]["LIMPID_PORT"] == "8000"


def test_one_env_file_serves_compose_and_the_service(service: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    assert service["env_file"] == [{"path": ".env", "required": False}]
    used = set(re.findall(r"\$\{(\w+)", (ROOT / PLAIN).read_text())) | service["environment"].keys()
    for name in [name for name in os.environ if name.startswith("LIMPID_")]:
        monkeypatch.delenv(name)
    for name in used:
        monkeypatch.setenv(name, service["environment"].get(name, "8000"))
    assert Settings().host == "0.0.0.0"


def test_the_gpu_is_reserved_and_required() -> None:
    service = with_gpu()["services"]["limpid"]
    (device,) = service["deploy"]["resources"]["reservations"]["devices"]
    assert device["driver"] == "nvidia"
    assert "gpu" in device["capabilities"]
    assert service["environment"]["LIMPID_DEVICE"] == "gpu"
    assert service["build"]["args"]["VARIANT"] == "gpu"
    assert service["image"] != compose_file(PLAIN)["services"]["limpid"]["image"]
