"""The options of each endpoint: as query parameters or form fields, checked by the same models."""

from collections.abc import Collection, Iterable
from typing import Annotated, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.functional_validators import BeforeValidator

from app.codecs.formats import FORMATS, Format
from app.codecs.metadata import Metadata
from app.errors import InvalidParameter
from app.problems import invalid_options
from models.card import Control, ModelCard
from models.ensemble import TURNS

SIGMA_LIMIT = 75.0


def _sigma(value: object) -> object:
    """Leave `auto` alone and make anything else a number, so that one message says what is taken."""
    if value == "auto":
        return value
    try:
        number = float(str(value))
    except ValueError:
        number = float("nan")
    if not 0 <= number <= SIGMA_LIMIT:
        raise ValueError(f"takes auto or a number from 0 to {SIGMA_LIMIT:g}")
    return number


def _format(value: object) -> object:
    if value not in FORMATS:
        raise ValueError(f"takes one of {', '.join(FORMATS)}")
    return value


Sigma = Annotated[Literal["auto"] | Annotated[float, Field(ge=0, le=SIGMA_LIMIT)], BeforeValidator(_sigma)]
ImageFormat = Annotated[Format, BeforeValidator(_format)]


class Options(BaseModel):
    """What all endpoints take."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str | None = Field(default=None, description="a name from GET /models, or name@version", max_length=100)

    @property
    def widened(self) -> int:
        """How many times as wide as the picture the answer is."""
        return 1

    @property
    def passes(self) -> int:
        """How many times a network sees the picture."""
        return 1

    def looks(self, card: ModelCard) -> bool:
        """Return whether the service has a look at the noise: for its level, or for the expert to ask."""
        return False

    @classmethod
    def parse(cls, fields: Iterable[tuple[str, str]]) -> Self:
        """Return the options of a query or a form. Raises InvalidParameter."""
        given: dict[str, str] = {}
        for name, value in fields:
            if name in given:
                raise InvalidParameter(f"{name} is given twice")
            given[name] = value
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            raise invalid_options(error.errors()) from error

    def merged(self, form: dict[str, str]) -> Self:
        """Return these query parameters with the form's fields. Raises InvalidParameter."""
        if not form:
            return self
        twice = self.model_fields_set & form.keys()
        if twice:
            raise InvalidParameter(f"{min(twice)} is given twice: in the query and in the form")
        fields = self.parse(form.items())
        return self.model_copy(update={name: getattr(fields, name) for name in fields.model_fields_set})

    def check_controls(self, card: ModelCard, files: Collection[str] = ()) -> None:
        """Raise InvalidParameter for an option, or a file of that name, that was given and the model does not have."""
        given = self.model_fields_set.union(files)
        for name in get_args(Control):
            if name in given and name not in card.controls:
                there = ", ".join(card.controls) or "none"
                raise InvalidParameter(f"{name} is no option of {card.name}; its options: {there}")


class ImageOptions(Options):
    """What endpoints that answer with a picture take."""

    format: ImageFormat | None = Field(default=None, description="of the answer; default: see Accept, else the input's")
    quality: int | None = Field(default=None, ge=1, le=100, description="1-100, for lossy formats only; default 95")
    metadata: Metadata = Field(default="no-gps", description="of EXIF: all but the GPS position, all, or none of it")


class DenoiseOptions(ImageOptions):
    """What /denoise takes."""

    sigma: Sigma = Field(default="auto", description="the noise's standard deviation, 0-75 on the 0-255 scale, or auto")
    strength: float = Field(
        default=1.0, ge=0, le=2, allow_inf_nan=False, description="scales sigma; at 0 the pixels stay as they are"
    )
    output: Literal["image", "residual", "comparison"] = Field(
        default="image", description="the picture, what was removed (around mid-gray), or before beside after"
    )
    ensemble: bool = Field(
        default=False, description="the mean of the results for the 8 flips and rotations: cleaner, in 8 times the time"
    )

    @property
    def widened(self) -> int:
        return 2 if self.output == "comparison" else 1

    @property
    def passes(self) -> int:
        return len(TURNS) if self.ensemble else 1

    def looks(self, card: ModelCard) -> bool:
        wanted = self.sigma == "auto" or (bool(card.experts) and self.sigma > 0)
        return card.estimator is not None and wanted and self.strength > 0


class CodingOptions(Options):
    """What all that autoencoders do takes."""

    paper: bool = Field(
        default=False,
        description="the picture shows a digit in dark ink on light paper: the model sees it cut out, white on black",
    )


class ReconstructOptions(CodingOptions, ImageOptions):
    """What /reconstruct takes."""

    output: Literal["image", "error-map", "comparison"] = Field(
        default="image",
        description="the reconstruction, a heat map over the picture of where the two differ, or before beside after",
    )
    size: Literal["original", "model"] = Field(
        default="original", description="of the answer: the picture's own, or that at which the model sees it"
    )

    @property
    def widened(self) -> int:
        return 2 if self.output == "comparison" else 1


class EncodeOptions(CodingOptions):
    """What /encode takes."""

    normalize: bool | None = Field(default=None, description="scale to unit length; default: as the model's card says")
    encoding: Literal["json", "base64", "npy"] | None = Field(
        default=None, description="default: npy if Accept is application/x-npy, else json"
    )
