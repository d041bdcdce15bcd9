"""Every setting of the service, once: environment variables `LIMPID_…`, or lines of the file `.env`."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from app import setting_values
from app.codecs.picture import LONGEST_SIDE
from app.setting_sources import DotEnv, Environment, refuse_unknown
from models.store import BUNDLED
from models.tiles import DEFAULT_TILE

LEAST_BUDGET_BYTES = 64 * 2**20

Device = Literal["auto", "cpu", "gpu"]
Precision = Literal["auto", "float32", "bfloat16"]
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(setting_values.split)]
"""Comma-separated in the environment."""
Origins = Annotated[Names, AfterValidator(setting_values.each(setting_values.origin))]
Hosts = Annotated[Names, AfterValidator(setting_values.each(setting_values.host))]
Proxies = Annotated[Names, AfterValidator(setting_values.each(setting_values.proxy))]
ApiKeys = Annotated[
    tuple[SecretStr, ...],
    NoDecode,
    BeforeValidator(setting_values.split_keys),
    AfterValidator(setting_values.api_keys),
]

SECTIONS = {
    "host": "Serving",
    "artifacts_dir": "Models",
    "max_body_bytes": "Limits",
    "deadline_s": "Time",
    "api_keys": "Access",
    "log_format": "Logs",
}
"""What docs/configuration.md calls the settings from that one on, up to the next."""


class Settings(BaseSettings):
    """Read from the environment and from `.env` in the working directory; the environment wins.

    An impossible value, or an unknown name with the prefix, raises pydantic.ValidationError.
    """

    model_config = SettingsConfigDict(
        env_prefix="LIMPID_", frozen=True, extra="forbid", hide_input_in_errors=True, allow_inf_nan=False
    )

    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: Annotated[int, BeforeValidator(setting_values.port)] = Field(
        default=8000, ge=0, le=65535, description="port to listen on; 0: any free one"
    )

    artifacts_dir: Path = Field(default=BUNDLED, description="directory of `<name>/<version>/` folders")
    models: Names = Field(
        default=("photo", "photo-best", "photo-ae", "photo-boxes", "digits-denoise", "digits-ae"),
        min_length=1,
        description="comma-separated names to load, each in its newest version or as name@version",
    )
    default_denoise: str = Field(default="photo", description="the model of /denoise unless the client names one")
    default_reconstruct: str = Field(default="photo-ae", description="the same for /reconstruct")
    default_encode: str = Field(default="photo-ae", description="the same for /encode")
    device: Device = Field(default="auto", description="what the networks run on")
    precision: Precision = Field(
        default="auto", description="of the denoisers' arithmetic for 8 bits; auto: bfloat16 where there is one"
    )
    tile: int = Field(
        default=DEFAULT_TILE,
        ge=128,
        le=1024,
        description="longest side of a tile in pixels, with halo; photo and photo-best are for 256 or more",
    )
    batch_delay_ms: float = Field(default=2.0, ge=0, le=1000, description="how long a batch may wait to fill up")

    max_body_bytes: int = Field(default=64 * 2**20, gt=0, description="largest request body")
    max_pixels: int = Field(default=50_000_000, gt=0, description="largest width x height x frames of a picture")
    max_frames: int = Field(default=100, gt=0, le=4096, description="most frames of an animation, or pages of a TIFF")
    min_side: int = Field(default=1, gt=0, description="shortest side of a picture in pixels")
    max_side: int = Field(default=LONGEST_SIDE, gt=0, description="longest side of a picture in pixels")
    budget_bytes: int | None = Field(
        default=None,
        gt=0,
        description="of uploads and answers in flight; unset: 4 x LIMPID_MAX_BODY_BYTES, at least 64 MiB",
    )
    budget_pixels: int | None = Field(
        default=None, gt=0, description="of decoded pictures in flight; unset: 2 x LIMPID_MAX_PIXELS"
    )

    deadline_s: float | None = Field(
        default=None,
        gt=0,
        description="for a picture, from the end of its upload; unset: 30 + 2 per megapixel, more for large networks",
    )
    wait_share: float = Field(
        default=1 / 3, gt=0, le=1, description="part of its deadline that a request may wait for others; beyond: 429"
    )
    decode_timeout_s: float | None = Field(
        default=None, gt=0, description="for decoding a risky file; unset: 5 + 1 per megapixel"
    )
    upload_timeout_s: float = Field(default=60.0, gt=0, description="for a request's body to arrive")
    drain_delay_s: float = Field(
        default=0.0,
        ge=0,
        le=600,
        description="after SIGTERM, for load balancers to see that it is not ready; it still takes requests meanwhile",
    )
    drain_timeout_s: float = Field(
        default=30.0, gt=0, le=3600, description="after that, for the requests it has taken to be done"
    )

    api_keys: ApiKeys = Field(
        default=(), description="comma-separated keys, one of which every request must send; unset: open to all"
    )
    api_keys_file: Path | None = Field(
        default=None, description="a file with one key a line, read again at SIGHUP; beside LIMPID_API_KEYS"
    )
    rate_limit: Annotated[str, AfterValidator(setting_values.rate_limit)] | None = Field(
        default=None, description="requests of each key, or address, such as 100/minute; unset: as many as they like"
    )
    trusted_hosts: Hosts = Field(
        default=(), description="comma-separated host names that requests may ask for; unset: any"
    )
    trusted_proxies: Proxies = Field(
        default=("127.0.0.1",),
        description="comma-separated addresses or networks whose `X-Forwarded-…` are believed; `*`: all",
    )
    cors_origins: Origins = Field(
        default=(), description="comma-separated origins whose pages may call the service; `*`: all; unset: none"
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

    # pydantic-settings passes the sources by these names, its own that ours stand for too.
    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the sources, those that win first."""
        return init_settings, Environment(settings_cls), DotEnv(settings_cls)

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown(cls, given: dict[str, Any]) -> dict[str, Any]:
        return refuse_unknown(given, cls.model_fields)
