"""What the routes need, in one place: settings, models, scheduler, threads, budget. One per application."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry

from app.admission import Admission
from app.codecs.picture import Limits
from app.draining import Draining
from app.pace import Pace
from app.registry import Loader, Registry, load_all
from app.scheduler import Scheduler
from app.settings import Settings
from app.threads import one_thread_for_blas
from app.transcoder import Transcoder
from app.workers import Workers
from models.store import Artifact

logger = logging.getLogger(__name__)


@dataclass
class Service:
    """Made by `create_app`, found by the routes through `app.deps`.

    `on_reload` is what is to be read again at a reload, before the models, which take their time; what it raises is
    ValueError or OSError, with one line. `reloads` counts what came of it by model: swapped, unchanged, refused.
    """

    settings: Settings
    pace: Pace = field(default_factory=Pace)
    registry: Registry = field(default_factory=Registry)
    workers: Workers = field(default_factory=Workers)
    metrics: CollectorRegistry = field(default_factory=CollectorRegistry)
    on_reload: list[Callable[[], None]] = field(default_factory=list)
    reloads: Counter[str] = field(default_factory=Counter)
    reload_asked: asyncio.Event = field(default_factory=asyncio.Event)
    draining: Draining = field(init=False)
    scheduler: Scheduler = field(init=False)
    admission: Admission = field(init=False)
    transcoder: Transcoder = field(init=False)

    def __post_init__(self) -> None:
        settings = self.settings
        self.scheduler = Scheduler(batch_delay_s=settings.batch_delay_ms / 1000, pace=self.pace)
        self.admission = Admission(
            bytes_=settings.bytes_in_flight,
            pixels=settings.pixels_in_flight,
            wait_share=settings.wait_share,
            pace=self.pace,
        )
        self.draining = Draining(settings.drain_delay_s, settings.drain_timeout_s)
        limits = Limits(settings.max_pixels, settings.max_frames, settings.min_side, settings.max_side)
        self.transcoder = Transcoder(self.workers, limits, settings.decode_timeout_s)

    def load(self, artifacts: Sequence[Artifact], loader: Loader) -> None:
        """Load and warm the models, and learn from their trials how fast this machine is. Blocking: for a thread."""
        engines = load_all(artifacts, loader, self.settings)
        for engine in engines:
            if engine.trial:
                self.pace.add(*engine.trial)
        self.registry.show(engines)

    def reread(self) -> None:
        """Read again what `on_reload` says; what is wrong there is one line in the log. Blocking: for a thread."""
        for callback in self.on_reload:
            try:
                callback()
            except (ValueError, OSError) as error:
                logger.error("not reloaded: %s", error)

    def reload(self) -> None:
        """Ask for the models to be loaded again, or once more after that; on the event loop's thread.

        See app.reloading.
        """
        self.reload_asked.set()

    def start(self) -> None:
        """Start threads and processes."""
        one_thread_for_blas()
        self.workers.start()
        self.transcoder.start()
        self.scheduler.start()

    def stop(self) -> None:
        """End all threads and processes."""
        self.scheduler.stop()
        self.transcoder.stop()
        self.workers.stop()
