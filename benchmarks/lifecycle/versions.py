"""An artifacts directory with two models, and a second version of each that comes and goes in one step."""

import shutil
import subprocess
import sys
from pathlib import Path

from models.card import ModelCard, read_card
from models.store import BUNDLED, newest

NAMES = ("photo", "digits-denoise")
WEAKER = 0.7
"""What the second version's last kernel is multiplied with: its answers differ by levels, not by rounding."""


class Versions:
    """`directory` holds the first version of each model, and after each second `turn` the second one too."""

    def __init__(self, folder: Path) -> None:
        self.directory, self._aside = folder / "artifacts", folder / "aside"
        self._first = {name: newest(BUNDLED, name) for name in NAMES}
        for name, source in self._first.items():
            shutil.copytree(source, self.directory / name / source.name)
        # TensorFlow in a process of its own: this one only watches.
        subprocess.run([sys.executable, "-m", "benchmarks.lifecycle.versions", str(self._aside)], check=True)
        self._second = {name: next((self._aside / name).iterdir()) for name in NAMES}
        self._shown = False

    @property
    def served(self) -> list[str]:
        """The name@version of each model that a service ought to serve now."""
        folders = self._second if self._shown else self._first
        return [f"{name}@{folders[name].name}" for name in NAMES]

    def turn(self) -> None:
        """Add the second versions, or take them away."""
        for name, folder in self._second.items():
            there = self.directory / name / folder.name
            if self._shown:
                there.rename(folder)
            else:
                folder.rename(there)
        self._shown = not self._shown


def write_second(name: str, directory: Path) -> None:
    """Write the next version of a model of the repository: the same network with a weaker last convolution."""
    import keras

    from models.loader import denoiser_of, load
    from models.store import verify
    from training.export import export

    source = newest(BUNDLED, name)
    card: ModelCard = read_card(source)
    model = load(verify(source))
    last = [layer for layer in denoiser_of(model).layers if isinstance(layer, keras.layers.Conv2D)][-1]
    last.kernel.assign(last.kernel * WEAKER)
    fields = card.model_dump() | {"version": str(int(card.version) + 1)}
    fields.pop("sha256")
    export(model, fields, directory)


if __name__ == "__main__":
    aside = Path(sys.argv[1])
    aside.mkdir()
    for each in NAMES:
        write_second(each, aside)
