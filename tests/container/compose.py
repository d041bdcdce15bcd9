"""The compose files of the project, their merging, and their specification's schema."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

ROOT = Path(__file__).parent.parent.parent
# From https://github.com/compose-spec/compose-spec, as check-jsonschema 0.39.0 comes with it; its licence is beside it.
SCHEMA = Path(__file__).with_name("compose-spec.json")
_UNITS = {"s": 1, "m": 60, "h": 3600}


def compose_file(name: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / name).read_text())


def merged(below: Any, above: Any) -> Any:
    """Return what Compose makes of two files: mappings merge, lists are joined, anything else is replaced."""
    if isinstance(below, dict) and isinstance(above, dict):
        both = {name: merged(below[name], above[name]) for name in below.keys() & above.keys()}
        return {**below, **above, **both}
    return below + above if isinstance(below, list) and isinstance(above, list) else above


def complaints(document: Any) -> list[str]:
    """Return where a compose file breaks the specification."""
    return [f"{error.instance_path}: {error.message}" for error in _specification().iter_errors(document)]


@cache
def _specification() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(json.loads(SCHEMA.read_text()))


def seconds(duration: str) -> float:
    """Return what `1m30s` is in seconds."""
    return sum(float(count) * _UNITS[unit] for count, unit in re.findall(r"([\d.]+)([hms])", duration))
