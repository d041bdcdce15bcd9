"""The command line in process, with engines that halve pixels in place of networks."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from app.cli import app
from app.commands import client
from tests.conftest import encoded
from tests.http.conftest import halving_loader

Run = Callable[..., Result]


@pytest.fixture
def limpid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command: `limpid("config", LIMPID_PORT="9000")`. Exceptions that it should have caught are raised."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(client, "in_process", partial(client.in_process, loader=halving_loader))

    def run(*arguments: object, **environment: str) -> Result:
        words = [str(argument) for argument in arguments]
        return CliRunner().invoke(app, words, env=environment, catch_exceptions=False)

    return run


def flat(level: int, format_: str = "PNG") -> bytes:
    """Return a gray picture, 40 x 30, as a file."""
    return encoded(np.full((30, 40), level, np.uint8), format_)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder of three pictures at several depths, and of files that are none.

    PNG and JPEG: other formats are decoded in processes, whose start takes longer than all else here.
    """
    folder = tmp_path / "in"
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "a.png").write_bytes(flat(100))
    (folder / "deep" / "b.jpeg").write_bytes(flat(80, "JPEG"))
    (folder / "deep" / "er" / "c.PNG").write_bytes(flat(60))
    (folder / ".hidden.png").write_bytes(b"no picture")
    (folder / "notes.txt").write_text("no picture")
    return folder
