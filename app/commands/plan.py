"""Which file becomes which: the pictures named on the command line, and where their results go."""

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.codecs.formats import EXTENSIONS, SNIFFED_BYTES, SOURCES, Format, sniff
from app.errors import UnsupportedImage

SUFFIXES = frozenset(f".{name}" for name in (*SOURCES, *EXTENSIONS.values(), "apng", "dib", "jfif", "jpe"))
"""What files of folders are taken by; of a file that is named itself, the bytes decide."""


class PlanError(Exception):
    """The files can't be worked on as asked; the message is one line."""


@dataclass(frozen=True)
class Job:
    """A picture and the folder of its result.

    `target` is where the result is expected: None for a file of unknown format, whose answer will tell.
    """

    source: Path
    folder: Path
    target: Path | None

    def target_of(self, format_: Format) -> Path:
        """Return where a result of that format goes."""
        return _target(self.source, self.folder, format_)

    @property
    def done(self) -> bool:
        """Is there a result that is newer than the picture?"""
        try:
            written = self.target.stat() if self.target and self.target.is_file() else None
            return written is not None and written.st_mtime_ns > self.source.stat().st_mtime_ns
        except OSError:
            return False


class Originals:
    """The files that no result may replace, by what they are and not by how they are called."""

    def __init__(self, jobs: Collection[Job]) -> None:
        self._files = {_identity(job.source) for job in jobs} - {None}

    def has(self, path: Path) -> bool:
        """Is `path`, or what a link of that name leads to, one of them?"""
        return _identity(path) in self._files


def plan(paths: Sequence[Path], out: Path, format_: Format | None) -> list[Job]:
    """Return a job for each file of `paths`, and for each picture in the folders among them, at any depth.

    What lies below a folder keeps its place below `out`. `format_` is that of all results, None for each file's own.
    Raises PlanError where there is no picture or no file, or where two would have the same result.
    """
    jobs: dict[Path, Job] = {}
    for source, place in (each for path in paths for each in _pictures(path, out)):
        target = _expected(source, out / place, format_)
        other = jobs.setdefault(target or source, Job(source, out / place, target))
        if other.source != source and not _same(other.source, source):
            raise PlanError(f"{other.source} and {source} would both become {target}: rename one, or take another -o")
    if not jobs:
        raise PlanError(f"no pictures in {', '.join(map(str, paths))}; looked for {', '.join(sorted(SUFFIXES))}")
    return list(jobs.values())


def _pictures(path: Path, out: Path) -> Iterator[tuple[Path, Path]]:
    """Yield each picture with its folder's path below `path`; hidden files and earlier results are none."""
    if path.is_file():
        yield path, Path()
        return
    if not path.is_dir():
        raise PlanError(f"{path} is neither a file nor a folder")
    for root, folders, files in os.walk(path):
        folder = Path(root)
        folders[:] = sorted(name for name in folders if not (name.startswith(".") or _same(folder / name, out)))
        for name in sorted(files):
            if _is_picture(folder / name):
                yield folder / name, folder.relative_to(path)


def _is_picture(path: Path) -> bool:
    """Does a file of a folder look like a picture? A link to nowhere does: that it fails should be told."""
    named_so = not path.name.startswith(".") and path.suffix.lower() in SUFFIXES
    return named_so and (path.is_file() or not path.exists())


def _expected(source: Path, folder: Path, format_: Format | None) -> Path | None:
    if format_:
        return _target(source, folder, format_)
    try:
        with source.open("rb") as file:
            own = sniff(file.read(SNIFFED_BYTES))
    except (OSError, UnsupportedImage):
        return None
    return _target(source, folder, "png" if own == "bmp" else own)


def _target(source: Path, folder: Path, format_: Format) -> Path:
    return folder / f"{source.stem}.{EXTENSIONS[format_]}"


def _same(one: Path, other: Path) -> bool:
    identity = _identity(one)
    return identity is not None and identity == _identity(other)


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from all others, None if there is no such file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
