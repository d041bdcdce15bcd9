"""The models that this process serves: verified at start-up, then loaded and warmed in the background."""

import gc
import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Protocol

from app.errors import InvalidParameter, NotReady, UnknownModel
from app.settings import Settings
from app.threads import cores
from models.card import Expert, Input, ModelCard, Task
from models.denoising import Feed
from models.pixels import FloatImage
from models.store import Artifact, ArtifactError, newest, verify
from models.tiles import Grid, Shape

logger = logging.getLogger(__name__)

NEW_OBJECTS = 20_000
"""How many make a garbage collection of the youngest."""


Function = Literal["run", "run_float32", "encode", "estimate"]
"""A method of an engine."""


class Engine(Protocol):
    """A model ready to run; `experts` are engines of the same model whose `run` is another network."""

    card: ModelCard
    device: str
    device_name: str | None
    precision: str
    traces: int
    trial: tuple[float, float] | None

    @property
    def experts(self) -> "Mapping[Expert, Engine]": ...

    def run(self, feed: Feed) -> FloatImage: ...

    def run_float32(self, feed: Feed) -> FloatImage: ...

    def encode(self, feed: Feed) -> FloatImage: ...

    def estimate(self, feed: Feed) -> FloatImage: ...

    def cost(self, shape: Shape) -> float: ...

    def estimate_cost(self, shape: Shape) -> float: ...


Loader = Callable[[Artifact, Settings], Engine]
"""Loads an artifact and warms it as the settings say."""


def find_artifacts(settings: Settings) -> list[Artifact]:
    """Return the verified artifacts that the settings name. Raises models.store.ArtifactError."""
    return [find_artifact(settings, name) for name in settings.models]


def find_artifact(settings: Settings, name: str) -> Artifact:
    """Return the verified artifact of `name` or `name@version`; one whose halos no tile has room for is refused too.

    Raises models.store.ArtifactError.
    """
    artifact = verify(newest(settings.artifacts_dir, name))
    card = artifact.card
    for part in (card.input, card.estimator):
        if part is None or (isinstance(part, Input) and part.height):
            continue
        try:
            Grid(settings.tile, settings.tile, settings.tile, part.halo, part.multiple)
        except ValueError as error:
            raise ArtifactError(f"{card.reference} does not fit LIMPID_TILE: {error}") from error
    return artifact


def load_with_tensorflow(artifact: Artifact, settings: Settings) -> Engine:
    """Load and warm one artifact; the first call imports TensorFlow, which takes seconds."""
    first = "app.engine" not in sys.modules
    from app.engine import TensorFlowEngine, use

    use(settings.device, cores())
    if first:
        _settle()
    engine = TensorFlowEngine(artifact, settings.precision)
    defaults = {settings.default_denoise, settings.default_reconstruct, settings.default_encode}
    asked_for_by_name = defaults.isdisjoint((artifact.card.name, artifact.card.reference))
    engine.warm(settings.tile, every_shape=engine.device == "gpu" or not asked_for_by_name)
    return engine


def load_all(artifacts: Sequence[Artifact], loader: Loader, settings: Settings) -> Sequence[Engine]:
    """Return the artifacts' engines, loaded and warmed. Blocking: for a thread."""
    engines = []
    for artifact in artifacts:
        engines.append(loader(artifact, settings))
        logger.info("loaded %s", artifact.card.reference)
    return engines


class Registry:
    """The engines in the order of the settings; none until `show`."""

    def __init__(self) -> None:
        self._engines: Sequence[Engine] = ()

    @property
    def ready(self) -> bool:
        return bool(self._engines)

    def show(self, engines: Sequence[Engine]) -> None:
        """Let requests find `engines`, all at once."""
        self._engines = engines

    def all(self) -> Sequence[Engine]:
        """Return all engines. Raises NotReady."""
        if not self.ready:
            raise NotReady("the models are being loaded: try again in some seconds", headers={"Retry-After": "5"})
        return self._engines

    def get(self, reference: str) -> Engine:
        """Return the engine of a name, in its newest version, or of name@version. Raises NotReady, UnknownModel."""
        engines = self.all()
        named = [engine for engine in engines if reference in {engine.card.name, engine.card.reference}]
        if not named:
            there = ", ".join(engine.card.reference for engine in engines)
            raise UnknownModel(f"no model {reference!r}; there are: {there}")
        return max(named, key=lambda engine: engine.card.version_key)

    def get_for(self, task: Task, reference: str) -> Engine:
        """Return an engine for `task`. Raises InvalidParameter too, for a model of another task."""
        engine = self.get(reference)
        if engine.card.task != task:
            fitting = ", ".join(each.card.name for each in self.all() if each.card.task == task) or "none"
            raise InvalidParameter(f"model: {reference} is not for this endpoint; loaded ones that are: {fitting}")
        return engine


def _settle() -> None:
    """Take the objects that there are, 440,000 with TensorFlow, out of the garbage collector's sight.

    They live as long as the process; looking through them over and over would cost a tenth of a small request's time,
    and 0.4 s, in which nothing else runs, when a retired engine is collected. So the engines, some thousand objects
    each, come after this. What requests leave in cycles is little: every 700 new objects, Python's default, is too
    often to look for it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS)
