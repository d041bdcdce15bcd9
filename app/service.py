"""What the routes need, in one place: settings, models, workers. One per application."""

from dataclasses import dataclass, field

from app.registry import Registry
from app.settings import Settings
from app.workers import Workers


@dataclass
class Service:
    """Made by `create_app`, found by the routes through `app.deps`."""

    settings: Settings
    registry: Registry = field(default_factory=Registry)
    workers: Workers = field(init=False)

    def __post_init__(self) -> None:
        self.workers = Workers(self.settings.pictures_at_once)
