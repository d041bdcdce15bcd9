"""How the process logs: one line an event on stderr, for people or, as JSON, for programs."""

import logging
import logging.config
import traceback
from typing import Any

from structlog.contextvars import merge_contextvars
from structlog.processors import ExceptionRenderer, JSONRenderer, TimeStamper
from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level, add_logger_name
from structlog.typing import EventDict, ExcInfo, Processor

from app.access_log import FIELDS
from app.settings import Settings
from app.transcoder import TRACE_FIELD

MOST_CHARACTERS = 200
"""Of an exception's text: what a library quotes in it may be a client's."""
_FRAME = "  File "
OURS = ("app", "models", "uvicorn")
"""Whose lines `log_level` is about. Libraries that read files quote them in their debugging lines: never shown."""


def set_up(settings: Settings) -> None:
    """Let all lines of the process take this way: ours, uvicorn's, those of libraries, and Python's warnings."""
    logging.config.dictConfig(logging_config(settings))
    logging.captureWarnings(True)


def logging_config(settings: Settings) -> dict[str, Any]:
    """Return what logging.config.dictConfig takes."""
    level = settings.log_level.upper()
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": ProcessorFormatter, "processors": _processors(settings)}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": "INFO" if level == "DEBUG" else level},
        "loggers": {name: {"level": level} for name in OURS},
    }


def _processors(settings: Settings) -> list[Processor]:
    shared: list[Processor] = [
        TimeStamper(fmt="iso", utc=True),
        add_log_level,
        add_logger_name,
        ExtraAdder((*FIELDS, TRACE_FIELD)),
        merge_contextvars,
        ExceptionRenderer(_shortened),
        ProcessorFormatter.remove_processors_meta,
    ]
    return [*shared, JSONRenderer() if settings.log_format == "json" else _text]


def _shortened(exc_info: ExcInfo) -> str:
    """Return the traceback, without the values of variables."""
    parts = [part.rstrip("\n") for part in traceback.format_exception(*exc_info)]
    return "\n".join(part if part.startswith(_FRAME) else part[:MOST_CHARACTERS] for part in parts)


def _text(_: logging.Logger, __: str, event: EventDict) -> str:
    """Return one line, and an exception's indented below: nothing quoted in them can look like another line.

    structlog's ConsoleRenderer takes 25 us longer, some percent of a thumbnail's request.
    """
    exception = event.pop("exception", "")
    head = f"{event.pop('timestamp')} {event.pop('level').upper()} {event.pop('logger')}: "
    told = [_printable(str(event.pop("event")).strip()), *(f"{name}={_value(value)}" for name, value in event.items())]
    return "\n    ".join([head + " ".join(told), *map(_printable, exception.splitlines())])


def _value(value: object) -> str:
    text = _printable(str(value))
    return repr(text) if " " in text else text


def _printable(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
