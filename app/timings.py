"""How long each stage of a request took, and for how large a picture."""

from dataclasses import dataclass, field

from starlette.types import Scope

ORDER = ("decode", "queue", "infer", "encode")
"""A look at the noise, which counts as `infer`, comes before the queue for the network."""


@dataclass
class Timings:
    """Milliseconds by stage of one request, as the Server-Timing header shows them; the pixels of all its frames."""

    stages: dict[str, float] = field(default_factory=dict)
    pixels: int = 0

    @classmethod
    def of(cls, scope: Scope) -> "Timings":
        """Return new ones for a request, where the metrics find them."""
        timings: Timings = scope.setdefault("state", {}).setdefault("timings", cls())
        return timings

    def add(self, stage: str, seconds: float) -> None:
        """Count `seconds` more for `stage`."""
        self.stages[stage] = self.stages.get(stage, 0.0) + 1000 * seconds

    def header(self) -> str:
        """Return the header's value, the stages in the order that a picture goes through them."""
        return ", ".join(f"{stage};dur={self.stages[stage]:.1f}" for stage in sorted(self.stages, key=ORDER.index))
