"""What a run logs about itself, on disk as it happens: a run that is killed and resumed keeps its history."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """A moment of a run: the loss is the mean of the last round of steps, the rate the learning rate in it."""

    step: int
    seconds: float
    loss: float
    rate: float


@dataclass(frozen=True)
class History:
    """A file of JSON lines, one an entry."""

    path: Path

    def begin(self, step: int) -> None:
        """Drop what lies beyond `step`, where the run starts or is resumed: those steps are done anew."""
        kept = [entry for entry in self.entries() if entry.step <= step] if step else []
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text("".join(_line(entry) for entry in kept))

    def append(self, entry: Entry) -> None:
        """Add an entry to the file."""
        with self.path.open("a") as file:
            file.write(_line(entry))

    def entries(self) -> list[Entry]:
        """Return all entries; none where there is no file."""
        if not self.path.is_file():
            return []
        return [Entry(**json.loads(line)) for line in self.path.read_text().splitlines()]


def _line(entry: Entry) -> str:
    return json.dumps(asdict(entry), allow_nan=False) + "\n"
