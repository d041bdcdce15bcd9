"""`limpid config`: the settings in use, and where each comes from."""

from typing import Annotated

import typer
from pydantic import SecretStr

from app.commands.refusal import settings_in_use
from app.setting_sources import origins
from app.settings import Settings


def config(
    check: Annotated[bool, typer.Option("--check", help="Only say whether the settings are possible.")] = False,
) -> None:
    """Show the settings in use and where each comes from; secrets only as set or unset."""
    settings = settings_in_use()
    if check:
        typer.echo("ok")
        return
    came_from = origins(Settings)
    lines = {name: f"LIMPID_{name.upper()}={_shown(getattr(settings, name))}" for name in Settings.model_fields}
    width = max(map(len, lines.values()))
    for name, line in lines.items():
        typer.echo(f"{line:<{width}}  # {came_from.get(name, 'default')}")


def _shown(value: object) -> str:
    if value is None or value == ():
        return "unset"
    if isinstance(value, tuple):
        return "set" if isinstance(value[0], SecretStr) else ",".join(value)
    return f"{value:.10g}" if isinstance(value, float) else str(value)
