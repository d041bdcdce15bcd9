"""Every setting of the service, once: environment variables `LIMPID_…`."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from models.store import BUNDLED
from models.tiles import DEFAULT_TILE


class Settings(BaseSettings):
    """Read from the environment; an impossible value raises pydantic.ValidationError."""

    model_config = SettingsConfigDict(env_prefix="LIMPID_", frozen=True, extra="forbid")

    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=8000, ge=0, le=65535, description="port to listen on; 0: any free one")
    artifacts_dir: Path = Field(default=BUNDLED, description="directory of <name>/<version>/ folders")
    models: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("photo", "digits-denoise", "digits-ae"),
        min_length=1,
        description="comma-separated names to load, each in its newest version or as name@version",
    )
    default_denoise: str = Field(default="photo", description="the model of /denoise unless the client names one")
    default_reconstruct: str = Field(default="digits-ae", description="the same for /reconstruct")
    default_encode: str = Field(default="digits-ae", description="the same for /encode")
    max_body_bytes: int = Field(default=64 * 2**20, gt=0, description="largest request body")
    max_pixels: int = Field(default=50_000_000, gt=0, description="largest width x height of a picture")
    tile: int = Field(default=DEFAULT_TILE, gt=0, description="side of a tile in pixels, halo included")
    pictures_at_once: int = Field(default=8, gt=0, description="pictures in the network at a time; others wait")

    @field_validator("models", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        """Accept `a,b` from the environment."""
        return tuple(name.strip() for name in value.split(",") if name.strip()) if isinstance(value, str) else value
