"""The artifact that a run starts from."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import keras

from models.card import Expert, ModelCard
from models.loader import ESTIMATOR, load
from models.store import BUNDLED, newest, verify
from training.growth import adopt, trained_experts


@dataclass(frozen=True)
class Start:
    """An artifact's card and network."""

    card: ModelCard
    network: keras.Model

    @cached_property
    def trained(self) -> set[Expert]:
        """The experts that somebody has trained; the others are the denoiser for all noise (training.growth)."""
        return trained_experts(self.network)

    @classmethod
    def read(cls, reference: str) -> "Start":
        """Read a folder, or a name[@version] of those in the repository. Raises models.store.ArtifactError."""
        artifact = verify(Path(reference) if Path(reference).is_dir() else newest(BUNDLED, reference))
        return cls(artifact.card, load(artifact))

    def __str__(self) -> str:
        """Tell it from any other, whose name and version may be the same in another folder."""
        return f"{self.card.reference} (sha256 {self.card.sha256[:12]}…)"

    def seed(self, other: int) -> int:
        """Return the seed, of 32 bits, of a run that goes on from here, of one with the seed `other` from nothing.

        With that itself, the patches and the noise that made the artifact would come again.
        """
        return other ^ int(self.card.sha256[:8], 16)

    @property
    def estimator(self) -> keras.Model:
        """The network's estimator. Raises ValueError where it has none."""
        parts = {layer.name: layer for layer in self.network.layers}
        if ESTIMATOR not in parts:
            raise ValueError(f"{self.card.reference} has no estimator")
        return parts[ESTIMATOR]

    def give(self, model: keras.Model, without: Collection[str] = ()) -> None:
        """Give `model`, of the same network or a larger one, the weights but those of the submodels `without`.

        Raises ValueError for one they don't fit.
        """
        if [weight.shape for weight in self.network.weights] == [weight.shape for weight in model.weights]:
            model.set_weights(self.network.get_weights())
        else:
            adopt(self.network, model, without)
