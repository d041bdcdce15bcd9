"""docs/configuration.md, written from the class of the settings."""

from pathlib import Path
from typing import Any

from app.setting_sources import FILE
from app.settings import SECTIONS, Settings

ROOT = Path(__file__).parent.parent
_HEAD = f"""\
# Configuration

Every setting of the service. Written by `make docs` (`python -m app.document configuration`): do not edit.

Settings are environment variables, or lines such as `LIMPID_PORT=9000` of the file `{FILE}` in the working directory;
the environment wins. `limpid config` shows those in use and where each comes from, `limpid config --check` says whether
they are possible. An impossible value, or a name with the prefix `LIMPID_` that is none of these, stops the start with
one line that says why. Sizes are plain numbers of bytes or pixels, times are in seconds unless the name says otherwise.

`LIMPID_API_KEY` is no setting of the service: it is the one key that `limpid denoise --url` sends. So that nobody takes
it for the service's own keys, the service does not start with it unless it has keys.
"""
_COLUMNS = "| name | default | takes | meaning |\n| --- | --- | --- | --- |\n"


def configuration_text() -> str:
    """Return the page as Markdown. It is the same on all machines."""
    lines = [_HEAD]
    for name, schema in Settings.model_json_schema()["properties"].items():
        if name in SECTIONS:
            lines.append(f"\n## {SECTIONS[name]}\n\n{_COLUMNS}")
        lines.append(f"| `LIMPID_{name.upper()}` | {_default(name)} | {_taken(schema)} | {schema['description']} |\n")
    return "".join(lines)


def _default(name: str) -> str:
    value = Settings.model_fields[name].default
    if value is None or value == ():
        return "unset"
    if isinstance(value, tuple):
        return f"`{','.join(value)}`"
    if isinstance(value, Path):
        return f"`{value.relative_to(ROOT).as_posix()}`"
    if isinstance(value, float):
        return f"`{value:.4g}`"
    return f"`{value}`" + (f" ({value // 2**20} MiB)" if name.endswith("_bytes") else "")


def _taken(schema: dict[str, Any]) -> str:
    """Return what a value may be: choices or a range, or nothing where the meaning says it."""
    kind = schema["anyOf"][0] if "anyOf" in schema else schema
    if "enum" in kind:
        return ", ".join(f"`{choice}`" for choice in kind["enum"])
    if kind["type"] not in ("integer", "number"):
        return ""
    words = {"minimum": "from", "exclusiveMinimum": "over", "maximum": "to"}
    return ", ".join(f"{word} {kind[key]:g}" for key, word in words.items() if key in kind)
