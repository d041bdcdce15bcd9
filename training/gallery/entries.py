"""The gallery's entries on disk: for each exhibit a picture and its section, each written whole or not at all."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from training.files import write_whole
from training.gallery.drawing import to_png
from training.gallery.exhibit import Exhibit, Shown, Table

FOLDER = "entries"


@dataclass(frozen=True)
class Entry:
    """An exhibit as it was last made; what training.gallery.page makes a section of. `picture` is a file's name."""

    name: str
    title: str
    picture: str
    alt: str
    table: Table
    text: str
    headline: str
    minutes: float


def write(exhibit: Exhibit, shown: Shown, out: Path) -> Entry:
    """Write an exhibit's picture and entry into `out`; the picture first, so that an entry always has one."""
    entry = Entry(
        name=exhibit.name,
        title=exhibit.title,
        picture=f"{exhibit.name}.png",
        alt=shown.alt,
        table=shown.table,
        text=shown.text,
        headline=shown.headline,
        minutes=exhibit.minutes,
    )
    write_whole(out / entry.picture, to_png(shown.picture))
    text = json.dumps(dataclasses.asdict(entry), indent=2, allow_nan=False) + "\n"
    write_whole(out / FOLDER / f"{exhibit.name}.json", text.encode())
    return entry


def read(name: str, out: Path) -> Entry | None:
    """Return the entry of an exhibit in `out`, None where there is none. Raises ValueError for one that is broken."""
    path = out / FOLDER / f"{name}.json"
    if not path.is_file():
        return None
    try:
        fields = json.loads(path.read_bytes())
        table = fields.pop("table")
        return Entry(table=Table(tuple(table["columns"]), tuple(map(tuple, table["rows"]))), **fields)
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path}: not an entry of the gallery ({error}): remove it, and make it anew") from error
