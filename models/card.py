"""The model card: everything that is known about an artifact, and nothing that has to be guessed."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

CARD_FILE = "card.json"
MODEL_FILE = "model.keras"

Task = Literal["denoise", "autoencode"]
Control = Literal["sigma", "strength", "normalize", "mask", "paper"]
Statistic = Literal["mean_squared_error", "relative_squared_error"]
Expert = Literal["white", "white-gray"]
"""A network for one kind of noise: white, and white in gray pictures (models.experts)."""

Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Version = Annotated[str, Field(pattern=r"^\d+(\.\d+){0,2}$", max_length=32)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class CardError(Exception):
    """A card is missing, is not JSON, or breaks the schema; the message says which field and how."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Input(_Part):
    """What the network takes: float32 pixels in 0-1, channels last."""

    channels: Literal[1, 3]
    height: int | None = Field(default=None, gt=0, description="fixed height in pixels; null: any")
    width: int | None = Field(default=None, gt=0, description="fixed width in pixels; null: any")
    multiple: int = Field(default=1, gt=0, description="height and width are padded to a multiple of this")
    halo: int = Field(default=0, ge=0, description="pixels that a tile needs around what it keeps")
    background: Literal["white", "black"] = Field(
        default="white", description="what an autoencoder sees where a picture is transparent"
    )

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.height is None) != (self.width is None):
            raise ValueError("height and width are fixed together or not at all")
        return self


class Noise(_Part):
    """The degradation a denoiser was trained on; sigma on the 0-255 scale."""

    kind: str
    sigma_min: float = Field(ge=0)
    sigma_max: float = Field(ge=0)


class Estimator(_Part):
    """The network inside an artifact that estimates the noise level of each block of a picture (models.noise_map)."""

    multiple: int = Field(gt=0, description="height and width are padded to a multiple of this")
    halo: int = Field(ge=0, description="pixels that a tile needs around what it keeps")
    kmac_per_pixel: float = Field(gt=0, description="thousand multiply-accumulates per input pixel")
    whiteness: bool = Field(default=False, description="also says of each block how surely its noise is white")

    @property
    def told(self) -> int:
        """How many numbers it tells of each block."""
        return 3 if self.whiteness else 2


class Embedding(_Part):
    """What the encoder answers."""

    dimension: int = Field(gt=0)
    normalize: bool = Field(description="scaled to unit length unless the client says otherwise")


class Anomaly(_Part):
    """How unusual a picture is: where its statistic stands among those of held-out pictures."""

    statistic: Statistic = Field(description="one of models.anomaly: the larger, the more unusual a picture")
    quantiles: tuple[float, ...] = Field(min_length=2, description="of held-out pictures, evenly spaced from 0 to 1")
    error_scale: float = Field(
        gt=0, description="absolute error, 0-1, that 99 % of the pixels of held-out pictures stay below: see error maps"
    )


class Figure(_Part):
    """One measured figure with everything needed to measure it again."""

    metric: str
    value: float = Field(allow_inf_nan=False)
    unit: str = ""
    dataset: str
    images: int = Field(gt=0)
    sigma: float | None = Field(default=None, allow_inf_nan=False, description="noise level, 0-255 scale")
    protocol: str = ""
    backend: str
    precision: str


class Training(_Part):
    """How the weights came about."""

    recipe: str
    data: str
    steps: int
    samples: int
    minutes: float
    precision: str
    backend: str
    keras: str
    started_from: str | None = Field(default=None, description="name@version whose weights the run began with")


class ModelCard(_Part):
    """The contents of `card.json`, and what `GET /models/{name}` shows."""

    name: Name
    version: Version
    task: Task
    summary: str
    licence: str
    input: Input
    controls: tuple[Control, ...] = ()
    parameters: int = Field(gt=0)
    kmac_per_pixel: float = Field(
        gt=0, description="thousand multiply-accumulates per input pixel, of the dearest network and no estimator"
    )
    noise: Noise | None = None
    estimator: Estimator | None = Field(default=None, description="what `sigma=auto` asks; null: takes no sigma")
    experts: tuple[Expert, ...] = Field(
        default=(),
        description="networks for one kind of noise, in the place of the one for all where the noise is that",
    )
    embedding: Embedding | None = None
    anomaly: Anomaly | None = None
    figures: tuple[Figure, ...] = ()
    training: Training
    sha256: Sha256 = Field(description=f"of {MODEL_FILE}")

    @model_validator(mode="after")
    def _complete_for_its_task(self) -> Self:
        if self.task == "denoise" and self.noise is None:
            raise ValueError("a denoiser's card needs `noise`")
        if ("sigma" in self.controls) != (self.estimator is not None):
            raise ValueError("a card with the control `sigma` needs an `estimator`, and none else has one")
        if self.experts and not (self.estimator and self.estimator.whiteness):
            raise ValueError("a card with `experts` needs an `estimator` with `whiteness`, which says whose turn it is")
        if self.task == "autoencode" and (self.embedding is None or self.anomaly is None or self.input.height is None):
            raise ValueError("an autoencoder's card needs `embedding`, `anomaly` and a fixed input size")
        return self

    @property
    def reference(self) -> str:
        """`name@version`."""
        return f"{self.name}@{self.version}"

    @property
    def version_key(self) -> tuple[int, ...]:
        """The version as numbers: what "newest" compares."""
        return version_key(self.version)


def version_key(version: str) -> tuple[int, ...]:
    """Return a version such as `1.10` as (1, 10). Raises ValueError for anything but numbers and dots."""
    return tuple(int(part) for part in version.split("."))


def read_card(folder: Path) -> ModelCard:
    """Read the card of the artifact in `folder`. Raises CardError."""
    path = folder / CARD_FILE
    try:
        return ModelCard.model_validate_json(path.read_bytes())
    except OSError as error:
        raise CardError(f"{path}: no readable card ({error.strerror})") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "card"
        raise CardError(f"{path}: {where}: {first['msg']}") from error
