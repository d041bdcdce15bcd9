"""`limpid config`, `limpid serve`, and what all commands share."""

import subprocess
import sys
from pathlib import Path

import pytest

from app import serving
from app.settings import Settings
from tests.cli.conftest import Run

KEY = "correct-horse-battery"


def test_settings_are_shown_with_where_they_come_from(tmp_path: Path, limpid: Run) -> None:
    (tmp_path / ".env").write_text("LIMPID_LOG_LEVEL=debug\nLIMPID_PORT=1\n")
    result = limpid("config", LIMPID_PORT="9000", LIMPID_MODELS="photo,digits-ae")
    assert result.exit_code == 0
    lines = {line.partition("=")[0]: line.split() for line in result.stdout.splitlines()}
    assert lines.keys() == {f"LIMPID_{name.upper()}" for name in Settings.model_fields}
    assert lines["LIMPID_PORT"] == ["LIMPID_PORT=9000", "#", "environment"]
    assert lines["LIMPID_MODELS"] == ["LIMPID_MODELS=photo,digits-ae", "#", "environment"]
    assert lines["LIMPID_LOG_LEVEL"] == ["LIMPID_LOG_LEVEL=debug", "#", ".env"]
    assert lines["LIMPID_TILE"] == ["LIMPID_TILE=512", "#", "default"]
    assert lines["LIMPID_RATE_LIMIT"] == ["LIMPID_RATE_LIMIT=unset", "#", "default"]


def test_secrets_are_not_shown(limpid: Run) -> None:
    shown = limpid("config", LIMPID_API_KEYS=KEY)
    assert "LIMPID_API_KEYS=set " in shown.stdout
    refused = limpid("config", LIMPID_API_KEYS=f"{KEY},{KEY}")
    assert refused.exit_code == 1
    for result in (shown, refused):
        assert KEY not in result.output


def test_check_says_ok_or_one_line(limpid: Run) -> None:
    assert limpid("config", "--check").stdout == "ok\n"
    refused = limpid("config", "--check", LIMPID_MODLES="photo")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == "limpid: LIMPID_MODLES: no such setting; is LIMPID_MODELS meant?\n"


def test_serve_takes_its_options_before_the_settings(limpid: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[Settings] = []
    monkeypatch.setattr(serving, "serve", lambda settings: served.append(settings) or 0)
    assert limpid("serve", "--port", "9001", LIMPID_PORT="9000", LIMPID_HOST="0.0.0.0").exit_code == 0
    assert [(settings.host, settings.port) for settings in served] == [("0.0.0.0", 9001)]


def test_serve_ends_with_the_status_of_the_service(limpid: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "serve", lambda _: 1)
    assert limpid("serve").exit_code == 1


def test_wrong_usage_has_a_status_of_its_own(limpid: Run) -> None:
    for words in (["serv"], ["serve", "--port", "70000"], ["config", "--chek"], ["denoise"]):
        assert limpid(*words).exit_code == 2


def test_command_line_is_there_before_any_backend_or_server() -> None:
    code = (
        "import sys, app.cli; "
        "sys.exit(any(name in sys.modules for name in ('keras', 'tensorflow', 'fastapi', 'uvicorn', 'PIL')))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
