"""`limpid`: the command line. What a command needs beyond this is imported when it runs."""

import typer

from app.commands.config import config
from app.commands.denoise import denoise
from app.commands.models import models
from app.commands.serve import serve

app = typer.Typer(
    name="limpid",
    help="Cleans images: as a service, or here and now.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for command in (serve, config, denoise):
    app.command()(command)
app.add_typer(models, name="models")


def main() -> None:
    """Run the command that the process was started with, and end the process with its status."""
    app(prog_name="limpid")


if __name__ == "__main__":
    main()
