"""What the routes need, in one place: settings, models, scheduler, threads, budget. One per application."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.admission import Admission
from app.pace import Pace
from app.registry import Loader, Registry, load_all
from app.scheduler import Scheduler
from app.settings import Settings
from app.threads import one_thread_for_blas
from app.workers import Workers
from models.store import Artifact


@dataclass
class Service:
    """Made by `create_app`, found by the routes through `app.deps`."""

    settings: Settings
    pace: Pace = field(default_factory=Pace)
    registry: Registry = field(default_factory=Registry)
    workers: Workers = field(default_factory=Workers)
    scheduler: Scheduler = field(init=False)
    admission: Admission = field(init=False)

    def __post_init__(self) -> None:
        settings = self.settings
        self.scheduler = Scheduler(batch_delay_s=settings.batch_delay_ms / 1000, pace=self.pace)
        self.admission = Admission(
            bytes_=settings.bytes_in_flight,
            pixels=settings.pixels_in_flight,
            wait_share=settings.wait_share,
            pace=self.pace,
        )

    def load(self, artifacts: Sequence[Artifact], loader: Loader) -> None:
        """Load and warm the models, and learn from their trials how fast this machine is. Blocking: for a thread."""
        engines = load_all(artifacts, loader, self.settings)
        for engine in engines:
            if engine.trial:
                self.pace.add(*engine.trial)
        self.registry.show(engines)

    def start(self) -> None:
        """Start the threads that need it."""
        one_thread_for_blas()
        self.workers.start()
        self.scheduler.start()

    def stop(self) -> None:
        """End all threads."""
        self.scheduler.stop()
        self.workers.stop()
