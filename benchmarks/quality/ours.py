"""Limpid's denoisers as the service runs them: its engine, its tiles, its precision on this machine."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from app.engine import TensorFlowEngine, use
from app.threads import cores, one_thread_for_blas
from benchmarks.quality.measure import Method
from models.denoising import denoise
from models.estimating import estimate
from models.experts import expert_for
from models.noise_map import Level, NoiseMap, worth_removing
from models.pixels import ByteImage
from models.store import BUNDLED, find, newest, verify
from models.tiles import DEFAULT_TILE


@dataclass(frozen=True)
class Variant:
    """What a request may ask for: the level given or found, `ensemble` or not."""

    name: str
    blind: bool = False
    ensemble: bool = False


VARIANTS = (
    Variant("sigma told"),
    Variant("sigma=auto", blind=True),
    Variant("sigma told, ensemble", ensemble=True),
    Variant("sigma=auto, ensemble", blind=True, ensemble=True),
)


def photo_denoisers() -> list[str]:
    """Return the names of the bundled models that remove noise from photographs: not those that fill holes."""
    cards = [verify(newest(BUNDLED, name)).card for name in find(BUNDLED)]
    return [card.name for card in cards if card.input.channels == 3 and "sigma" in card.controls]


def ours(models: Sequence[str]) -> list[Method]:
    """Return the variants of each of `models`, `name` or `name@version`; crops show what users get by default.

    Raises ArtifactError for an unknown one, ValueError for one that is told no noise level.
    """
    use("auto", cores())
    one_thread_for_blas()
    return [method for model in models for method in _variants(model)]


def blind_level(engine: TensorFlowEngine, noisy: ByteImage) -> NoiseMap:
    """Return the noise levels that the service finds for `sigma=auto`. Raises TypeError for a model that can't."""
    if engine.card.estimator is None:
        raise TypeError(f"{engine.card.reference} has no noise estimator")
    return estimate(noisy, engine.estimate, engine.card.estimator, tile=DEFAULT_TILE)


def _variants(model: str) -> list[Method]:
    artifact = verify(newest(BUNDLED, model))
    if "sigma" not in artifact.card.controls:
        raise ValueError(f"{model} is told no noise level: those that are, are {', '.join(photo_denoisers())}")
    engine = TensorFlowEngine(artifact)
    return [
        Method(
            f"Limpid `{model}`, {variant.name}",
            partial(_results, engine, variant),
            told=not variant.blind,
            in_crops=variant.blind and not variant.ensemble,
        )
        for variant in VARIANTS
    ]


def _results(
    engine: TensorFlowEngine, variant: Variant, noisy: ByteImage, levels: Sequence[float]
) -> Iterator[ByteImage]:
    found = blind_level(engine, noisy) if variant.blind or engine.experts else None
    level: Level = found if found and variant.blind else levels[0]
    if not worth_removing(level):
        yield noisy
        return
    expert = expert_for(engine.experts, found, gray=noisy.shape[2] == 1)
    run, spec = (engine.experts[expert] if expert else engine).run, engine.card.input
    yield denoise(noisy, run, spec, tile=DEFAULT_TILE, sigma=level, ensemble=variant.ensemble)
