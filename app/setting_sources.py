"""Where settings are read from, and what happens to names that no setting has."""

import difflib
import os
import re
from collections.abc import Collection, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings, DotEnvSettingsSource, EnvSettingsSource

FILE = ".env"
CLIENTS_KEY = "api_key"
_OF_OTHERS = re.compile(r"publish|service_(host|port)\w*|port_\d+_(tcp|udp)\w*")
"""Names with our prefix that are docker-compose.yml's, or that Kubernetes makes of a Service named limpid."""


class Environment(EnvSettingsSource):
    """The environment's variables with the prefix, those of unknown names too."""

    def __call__(self) -> dict[str, Any]:
        prefix = self.env_prefix.lower()
        given = {name.removeprefix(prefix): value for name, value in self.env_vars.items() if name.startswith(prefix)}
        return given | super().__call__()


class DotEnv(DotEnvSettingsSource):
    """The lines of `.env` with the prefix, those of unknown names too; other lines are for others."""

    def __init__(self, settings_cls: type[BaseSettings]) -> None:
        super().__init__(settings_cls, env_file=FILE, dotenv_filtering="match_prefix")

    def _read_env_files(self) -> Mapping[str, str | None]:
        try:
            return super()._read_env_files()
        except (OSError, UnicodeDecodeError) as error:
            reason = os.strerror(error.errno or 0) if isinstance(error, OSError) else "not UTF-8"
            raise _error((), "{file} can't be read: {reason}", {"file": FILE, "reason": reason}) from error


def origins(settings_cls: type[BaseSettings]) -> dict[str, str]:
    """Return where each setting comes from that is no default: {name: "environment" or ".env"}."""
    return dict.fromkeys(DotEnv(settings_cls)(), FILE) | dict.fromkeys(Environment(settings_cls)(), "environment")


def refuse_unknown(given: dict[str, Any], known: Collection[str]) -> dict[str, Any]:
    """Return what is `given` under `known` names. Raises pydantic.ValidationError for an unknown one.

    The key that `limpid denoise` sends as a client has a name like that of the service's own keys: it may be there
    beside them, but must not be mistaken for them.
    """
    keys_are_on = "api_keys" in given or "api_keys_file" in given
    for name in sorted(given.keys() - set(known)):
        if not (_OF_OTHERS.fullmatch(name) or (name == CLIENTS_KEY and keys_are_on)):
            raise _error((name,), "no such setting; {hint}", {"hint": _hint(name, known)})
    return {name: value for name, value in given.items() if name in known}


def _hint(name: str, known: Collection[str]) -> str:
    if near := difflib.get_close_matches(name, known, n=1):
        return f"is LIMPID_{near[0].upper()} meant?"
    return "docs/configuration.md lists those there are"


def _error(where: tuple[str, ...], message: str, context: dict[str, Any]) -> ValidationError:
    kind = PydanticCustomError("settings", message, context)
    return ValidationError.from_exception_data("Settings", [InitErrorDetails(type=kind, loc=where, input=None)])
