"""`limpid serve`: the service as a process."""

from typing import Annotated

import typer

from app.commands.refusal import settings_in_use
from app.early_signals import take_early_signals


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; else LIMPID_HOST.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on; else LIMPID_PORT.")] = None,
) -> None:
    """Serve on the network until told to stop. Settings: docs/configuration.md."""
    take_early_signals()
    given = {"host": host, "port": port}
    settings = settings_in_use(**{name: value for name, value in given.items() if value is not None})
    from app import serving

    raise typer.Exit(serving.serve(settings))
