"""Every line of a process: its form, whoever wrote it."""

import json
import logging
import subprocess
import sys
import types
from typing import Any

import pytest

from app.logs import MOST_CHARACTERS, logging_config
from app.settings import Settings

LOUD = """
import logging, warnings
from app import logs
from app.settings import Settings
logs.set_up(Settings(log_format="json", log_level="debug"))
logging.getLogger("app.main").debug("ours")
logging.getLogger("PIL.PngImagePlugin").debug("STREAM tEXt of a client's file")
logging.getLogger("uvicorn.error").info("theirs %d", 1)
warnings.warn("odd")
"""


def formatter(**settings: str) -> logging.Formatter:
    config = logging_config(Settings(**settings))["formatters"]["line"]
    made: logging.Formatter = config.pop("()")(**config)
    return made


def record(message: str, error: Exception | None = None) -> logging.LogRecord:
    exc_info: Any = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("app.main", logging.ERROR, "main.py", 1, message, (), exc_info)


def raised(text: str) -> Exception:
    secret = "-".join(["hush", "value"])
    try:
        raise ValueError(text or secret)
    except ValueError as error:
        return error


def test_all_lines_of_a_process_are_json_and_of_a_level_that_may_be_shown() -> None:
    done = subprocess.run([sys.executable, "-c", LOUD], capture_output=True, text=True, timeout=60, check=True)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["logger"] for line in lines] == ["app.main", "uvicorn.error", "py.warnings"]
    assert [line["event"] for line in lines[:2]] == ["ours", "theirs 1"]
    assert all(line["timestamp"].endswith("Z") for line in lines)


def test_exception_is_one_field_without_values_of_variables() -> None:
    line = json.loads(formatter(log_format="json").format(record("failed", raised("wrong"))))
    assert (line["event"], line["level"]) == ("failed", "error")
    assert line["exception"].startswith("Traceback (most recent call last):\n")
    assert line["exception"].endswith("\nValueError: wrong")
    assert "hush-value" not in line["exception"]


def test_what_an_exception_quotes_is_cut() -> None:
    line = json.loads(formatter(log_format="json").format(record("failed", raised("x" * 10_000))))
    assert len(line["exception"].splitlines()[-1]) == MOST_CHARACTERS


@pytest.mark.parametrize("forged", ["\n2026-01-01T00:00:00Z INFO app.main: ready", "\x1b[2J", "\r", "\u2028"])
def test_text_can_not_be_made_to_look_like_another_line(forged: str) -> None:
    text = formatter(log_format="text").format(record(f"said {forged}", raised(f"said {forged}")))
    assert "\x1b" not in text
    first, *rest = text.splitlines()
    assert " ERROR app.main: said" in first
    assert all(line.startswith("    ") for line in rest)


def test_text_quotes_values_with_spaces() -> None:
    said = record("slow")
    said.__dict__["client"] = "unix socket"
    assert formatter().format(said).endswith("slow client='unix socket'")


def test_fields_that_are_not_ours_are_left_out() -> None:
    said = record("started")
    said.__dict__["color_message"] = types.SimpleNamespace()
    assert set(json.loads(formatter(log_format="json").format(said))) == {"event", "timestamp", "level", "logger"}


@pytest.mark.parametrize(("asked", "ours", "others"), [("debug", "DEBUG", "INFO"), ("warning", "WARNING", "WARNING")])
def test_level_is_ours_and_libraries_never_debug(asked: str, ours: str, others: str) -> None:
    config = logging_config(Settings(log_level=asked))
    assert {each["level"] for each in config["loggers"].values()} == {ours}
    assert config["root"]["level"] == others
