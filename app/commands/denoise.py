"""`limpid denoise`: files and folders, in this process or by a running service."""

import asyncio
import logging
import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from app.codecs.formats import Format
from app.commands.plan import Job, PlanError, plan
from app.commands.refusal import refuse, settings_in_use
from app.errors import InvalidParameter
from models.store import ArtifactError

if TYPE_CHECKING:
    import httpx

    from app.commands.report import Report

    Service = AbstractAsyncContextManager[httpx.AsyncClient]

KEY_VARIABLE = "LIMPID_API_KEY"
INTERRUPTED = 130

Metadata = Literal["no-gps", "all", "none"]
View = Literal["image", "residual", "comparison"]
Files = Annotated[list[Path], typer.Argument(metavar="FILES", exists=True, help="Pictures, or folders of them.")]
Out = Annotated[Path, typer.Option("--out", "-o", metavar="DIR", file_okay=False, help="Where the results go.")]


def denoise(
    files: Files,
    out: Out,
    model: Annotated[str | None, typer.Option(help="NAME or NAME@VERSION; else LIMPID_DEFAULT_DENOISE.")] = None,
    sigma: Annotated[str | None, typer.Option(help="The noise level, 0-75 on the 0-255 scale, or auto.")] = None,
    strength: Annotated[float | None, typer.Option(help="Scales sigma, 0-2.")] = None,
    view: Annotated[View | None, typer.Option(help="The picture, what was removed, or before beside after.")] = None,
    format_: Annotated[Format | None, typer.Option("--format", help="Of the results; else each file's own.")] = None,
    quality: Annotated[int | None, typer.Option(help="1-100, for lossy formats.")] = None,
    metadata: Annotated[Metadata | None, typer.Option(help="Which EXIF is kept.")] = None,
    ensemble: Annotated[bool, typer.Option("--ensemble", help="Cleaner, in 8 times the time.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Do again what is done already.")] = False,
    jobs: Annotated[int | None, typer.Option(min=1, help="Pictures at once; else one more than cores.")] = None,
    url: Annotated[str | None, typer.Option(help="Ask the service there, and load no model.")] = None,
    api_key: Annotated[str | None, typer.Option(envvar=KEY_VARIABLE, help="For that service.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Tell failures only.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Tell warnings too.")] = False,
) -> None:
    """Remove noise from pictures. Results keep their names and places below DIR; originals stay as they are.

    A picture whose result is there, and newer, is skipped. One that fails does not stop the others: status 1 tells.
    """
    given = {
        "model": model,
        "sigma": sigma,
        "strength": strength,
        "output": view,
        "format": format_,
        "quality": quality,
        "metadata": metadata,
        "ensemble": "true" if ensemble else None,
    }
    options = _checked({name: str(value) for name, value in given.items() if value is not None})
    service = partial(_service, _checked_url(url), _checked_key(api_key), model)
    logging.basicConfig(level=logging.WARNING if verbose else logging.CRITICAL, format="limpid: %(message)s")
    from app.commands.report import Report

    try:
        planned = plan(files, out, format_)
    except PlanError as error:
        refuse(str(error))
    with Report(len(planned), quiet=quiet, verbose=verbose) as report:
        interrupted = _work(planned, options, report, service, jobs, again=force)
    if not quiet:
        typer.echo(f"{'interrupted: ' if interrupted else ''}{report.summary}")
    raise typer.Exit(INTERRUPTED if interrupted else int(report.failures > 0))


def _work(
    planned: list[Job],
    options: dict[str, str],
    report: "Report",
    service: "Callable[[], Service]",
    jobs: int | None,
    *,
    again: bool,
) -> bool:
    """Do what is to be done; return whether the user stopped it."""
    from app.commands.batch import Batch
    from app.commands.client import NotLoaded
    from app.threads import cores

    batch = Batch(planned, options, report)
    waiting = batch.waiting(again=again)
    try:
        if waiting:
            asyncio.run(batch.run(waiting, service(), jobs or cores() + 1))
    except (NotLoaded, ArtifactError) as error:
        refuse(str(error))
    except KeyboardInterrupt:
        return True
    return False


def _service(url: str | None, key: str | None, model: str | None) -> "Service":
    from app.commands import client

    if url:
        return client.remote(url, key)
    os.environ.pop(KEY_VARIABLE, None)  # a client's, which the settings take for a mistake
    settings = settings_in_use()
    return client.in_process(settings, model or settings.default_denoise)


def _checked(options: dict[str, str]) -> dict[str, str]:
    """Return the options if the service takes them; what it says of others ends the command."""
    from app.options import DenoiseOptions

    try:
        DenoiseOptions.parse(options.items())
    except InvalidParameter as error:
        raise typer.BadParameter(error.detail) from error
    return options


def _checked_url(url: str | None) -> str | None:
    import httpx

    try:
        parsed = httpx.URL(url or "http://none")
        sound = parsed.scheme in {"http", "https"} and parsed.host and not (parsed.query or parsed.fragment)
    except httpx.InvalidURL:
        sound = False
    if not sound:
        raise typer.BadParameter("--url takes an address such as http://127.0.0.1:8000")
    return url


def _checked_key(key: str | None) -> str | None:
    if key and not (key.isascii() and key.isprintable()):
        raise typer.BadParameter("--api-key takes visible ASCII characters")
    return key
