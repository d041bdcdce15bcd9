"""How a command ends that can't do what it was asked: one line on stderr, status 1."""

from typing import Any, NoReturn

import typer
from pydantic import ValidationError

from app.reasons import reason_of
from app.settings import Settings


def refuse(reason: str) -> NoReturn:
    """Say `reason` and end the command."""
    typer.echo(f"limpid: {reason}", err=True)
    raise typer.Exit(1)


def settings_in_use(**given: Any) -> Settings:
    """Return the settings, those `given` on the command line before all others; impossible ones end the command."""
    try:
        return Settings(**given)
    except ValidationError as error:
        refuse(reason_of(error))
