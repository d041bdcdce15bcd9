"""Making the gallery: exhibit after exhibit, then the page of all there are."""

import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from models.store import ArtifactError
from training.files import write_whole
from training.fit import RUNS
from training.gallery import entries
from training.gallery.exhibit import Exhibit
from training.gallery.exhibits import EXHIBITS
from training.gallery.page import page
from training.gallery.studio import Studio

DOCUMENTED = Path("docs/gallery")
PAGE = "README.md"
EXPECTED = (ArtifactError, ValueError, FloatingPointError, OSError)
"""What data, a download, an artifact or a full disk may cause; anything else is a mistake in the exhibit."""


class GalleryError(ValueError):
    """Some exhibits can't be made; the message is one line that names them and says why."""


@dataclass(frozen=True)
class Options:
    """What the command line asks for; `only` empty: all exhibits.

    `out` None: the gallery of the documentation, but for a fast one, whose figures don't belong there.
    """

    only: Sequence[str]
    fast: bool
    digits: Path | None
    photographs: Path | None
    out: Path | None = None

    @property
    def target(self) -> Path:
        return self.out or (RUNS / "gallery-fast" if self.fast else DOCUMENTED)


def make(options: Options) -> Path:
    """Make the exhibits asked for and the page of all entries; return the page.

    An exhibit that fails leaves its entry as it was and the others go on. Raises GalleryError for a name or
    a path that is none, and at the end with what went wrong.
    """
    _check(options)
    chosen = _chosen(options.only)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory())) if options.fast else RUNS / "gallery"
        studio = Studio(folder, options.fast, options.digits, options.photographs)
        failures = [failure for exhibit in chosen if (failure := _attempt(exhibit, studio, options.target))]
    target = options.target / PAGE
    write_whole(target, page(_all(options.target)).encode())
    if failures:
        raise GalleryError("; ".join(failures))
    return target


def _check(options: Options) -> None:
    if options.digits is not None and not options.digits.is_file():
        raise GalleryError(f"--digits {options.digits}: no such file")
    if options.photographs is not None and not options.photographs.is_dir():
        raise GalleryError(f"--photographs {options.photographs}: no such folder")


def _chosen(names: Sequence[str]) -> list[Exhibit]:
    for name in names:
        if name not in EXHIBITS:
            raise GalleryError(f"no exhibit {name}; there are: {', '.join(EXHIBITS)}")
    return [exhibit for exhibit in EXHIBITS.values() if exhibit.name in (names or EXHIBITS)]


def _attempt(exhibit: Exhibit, studio: Studio, out: Path) -> str | None:
    """Make an exhibit and write its entry; return what went wrong in one line, if anything did."""
    print(f"{exhibit.name}: {exhibit.title}", flush=True)
    started = time.monotonic()
    try:
        entry = entries.write(exhibit, exhibit.make(studio), out)
    except EXPECTED as error:
        return f"{exhibit.name}: {error}"
    print(f"{exhibit.name}: {entry.headline} ({time.monotonic() - started:.0f} s)", flush=True)
    return None


def _all(out: Path) -> list[entries.Entry]:
    return [entry for name in EXHIBITS if (entry := entries.read(name, out))]
