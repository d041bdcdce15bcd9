"""`limpid models`: what lies in the artifacts directory, what is known about it, and whether it is whole."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from app.commands.card_text import card_lines, headline
from app.commands.refusal import refuse, settings_in_use
from app.settings import Settings
from models.card import MODEL_FILE, CardError, read_card
from models.store import ArtifactError, find, newest, verify

COLUMNS = ("name", "version", "task", "size", "licence", "loaded", "measured")
GAP = "  "

models = typer.Typer(help="What lies in the artifacts directory.", no_args_is_help=True)

References = Annotated[list[str] | None, typer.Argument(metavar="[NAME[@VERSION]]...", help="Default: all there are.")]


@models.command("list")
def list_models() -> None:
    """List the models there are, and which of them the service loads."""
    settings = settings_in_use()
    loaded, missing = _loaded(settings)
    rows = [COLUMNS, *(_row(folder, folder in loaded) for folder in _all(settings))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        typer.echo(GAP.join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())
    if missing:
        refuse(missing[0])


@models.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME[@VERSION]", help="Without a version: the newest.")],
    json: Annotated[bool, typer.Option("--json", help="The card as it lies in the folder.")] = False,
) -> None:
    """Show the card of a model: everything that is known about it."""
    try:
        card = read_card(newest(settings_in_use().artifacts_dir, name))
    except (ArtifactError, CardError) as error:
        refuse(str(error))
    typer.echo(card.model_dump_json(indent=2) if json else "\n".join(card_lines(card)))


@models.command("verify")
def verify_models(names: References = None) -> None:
    """Check digests and parts of models, as the service does before it loads one. Status 1 if one is broken."""
    settings = settings_in_use()
    broken = False
    for name in names or [_reference(folder) for folder in _all(settings)]:
        try:
            card = verify(newest(settings.artifacts_dir, name)).card
            typer.echo(f"ok      {card.reference}  sha256={card.sha256}")
        except ArtifactError as error:
            broken = True
            typer.echo(f"broken  {name}  {error}")
    raise typer.Exit(int(broken))


def _all(settings: Settings) -> Iterator[Path]:
    """Yield the folder of each version of each model."""
    try:
        found = find(settings.artifacts_dir)
    except ArtifactError as error:
        refuse(str(error))
    for versions in found.values():
        yield from versions.values()


def _loaded(settings: Settings) -> tuple[set[Path], list[str]]:
    """Return the folders of the models that the settings name, and why some are not there."""
    folders, missing = set(), []
    for name in settings.models:
        try:
            folders.add(newest(settings.artifacts_dir, name))
        except ArtifactError as error:
            missing.append(str(error))
    return folders, missing


def _row(folder: Path, loaded: bool) -> tuple[str, ...]:
    try:
        card = read_card(folder)
        size = f"{(folder / MODEL_FILE).stat().st_size / 2**20:.1f} MiB"
    except (CardError, OSError) as error:
        return folder.parent.name, folder.name, "broken", "", "", "", str(error)
    return card.name, card.version, card.task, size, card.licence, "yes" if loaded else "no", headline(card)


def _reference(folder: Path) -> str:
    return f"{folder.parent.name}@{folder.name}"
