"""What the routes need, in one place: settings, models, scheduler, threads, budget. One per application."""

from dataclasses import dataclass, field

from app.admission import Admission
from app.pace import Pace
from app.registry import Registry
from app.scheduler import Scheduler
from app.settings import Settings
from app.threads import one_thread_for_blas
from app.workers import Workers


@dataclass
class Service:
    """Made by `create_app`, found by the routes through `app.deps`."""

    settings: Settings
    registry: Registry = field(default_factory=Registry)
    workers: Workers = field(default_factory=Workers)
    scheduler: Scheduler = field(init=False)
    admission: Admission = field(init=False)

    def __post_init__(self) -> None:
        settings, pace = self.settings, Pace()
        self.scheduler = Scheduler(batch_delay_s=settings.batch_delay_ms / 1000, pace=pace)
        self.admission = Admission(
            bytes_=settings.bytes_in_flight,
            pixels=settings.pixels_in_flight,
            wait_share=settings.wait_share,
            pace=pace,
        )

    def start(self) -> None:
        """Start the threads that need it."""
        one_thread_for_blas()
        self.workers.start()
        self.scheduler.start()

    def stop(self) -> None:
        """End all threads."""
        self.scheduler.stop()
        self.workers.stop()
