"""Every setting of the service, once: environment variables `LIMPID_…`."""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AnyUrl, Field, SecretStr, ValidationError, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from models.store import BUNDLED
from models.tiles import DEFAULT_TILE

LEAST_BUDGET_BYTES = 64 * 2**20
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#@*\s]+")

Device = Literal["auto", "cpu", "gpu"]
Precision = Literal["auto", "float32", "bfloat16"]


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
    max_pixels: int = Field(default=50_000_000, gt=0, description="largest width x height x frames of a picture")
    max_frames: int = Field(default=100, gt=0, le=4096, description="most frames of an animation, or pages of a TIFF")
    min_side: int = Field(default=1, gt=0, description="shortest side of a picture in pixels")
    device: Device = Field(default="auto", description="what the networks run on")
    precision: Precision = Field(
        default="auto", description="of the denoisers' arithmetic for 8 bits; auto: bfloat16 where there is one"
    )
    tile: int = Field(default=DEFAULT_TILE, ge=128, le=1024, description="longest side of a tile in pixels, with halo")
    batch_delay_ms: float = Field(default=2.0, ge=0, le=1000, description="how long a batch may wait to fill up")
    deadline_s: float | None = Field(
        default=None, gt=0, description="for a picture, from the end of its upload; unset: 30 + 2 per megapixel"
    )
    decode_timeout_s: float | None = Field(
        default=None, gt=0, description="for decoding a risky file; unset: 5 + 1 per megapixel"
    )
    upload_timeout_s: float = Field(default=60.0, gt=0, description="for a request's body to arrive")
    budget_bytes: int | None = Field(
        default=None, gt=0, description="of uploads and answers in flight; unset: 4 x max_body_bytes, at least 64 MiB"
    )
    budget_pixels: int | None = Field(
        default=None, gt=0, description="of decoded pictures in flight; unset: 2 x max_pixels"
    )
    wait_share: float = Field(
        default=1 / 3, gt=0, le=1, description="part of its deadline that a request may wait for others; beyond: 429"
    )

    drain_delay_s: float = Field(
        default=0.0,
        ge=0,
        le=600,
        description="after SIGTERM, for load balancers to see that it is not ready; it still takes requests meanwhile",
    )
    drain_timeout_s: float = Field(
        default=30.0, gt=0, le=3600, description="after that, for the requests it has taken to be done"
    )
    api_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default=(), description="comma-separated keys, one of which every request must send; unset: open to all"
    )
    api_keys_file: Path | None = Field(
        default=None, description="a file with one key a line, read again at SIGHUP; beside `api_keys`"
    )
    rate_limit: str | None = Field(
        default=None, description="requests of each key, or address, such as 100/minute; unset: as many as they like"
    )
    trusted_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="comma-separated host names that requests may ask for; unset: any"
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("127.0.0.1",), description="comma-separated addresses or networks whose X-Forwarded-… are believed"
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="comma-separated origins whose pages may call the service; *: all; unset: none"
    )
    log_format: Literal["text", "json"] = Field(default="text", description="of the lines on stderr")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="the least that is shown"
    )

    @property
    def bytes_in_flight(self) -> int:
        """The budget of bytes."""
        return self.budget_bytes or max(4 * self.max_body_bytes, LEAST_BUDGET_BYTES)

    @property
    def pixels_in_flight(self) -> int:
        """The budget of pixels."""
        return self.budget_pixels or 2 * self.max_pixels

    @field_validator("models", "cors_origins", "api_keys", "trusted_hosts", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        """Accept `a,b` from the environment."""
        return tuple(name.strip() for name in value.split(",") if name.strip()) if isinstance(value, str) else value

    @field_validator("cors_origins")
    @classmethod
    def _as_browsers_send_them(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        """Normalise each origin as browsers do: host in lower case and in punycode, no default port."""
        return tuple(_origin(text) for text in origins)


def _origin(text: str) -> str:
    if text == "*":
        return text
    try:
        origin = str(AnyUrl(text)).removesuffix("/")
    except ValidationError:
        origin = ""
    if not _ORIGIN.fullmatch(origin):
        raise PydanticCustomError(
            "origin", "takes * or origins such as https://example.com; got {text}", {"text": text}
        )
    return origin
