"""How long each stage of a request took."""

from dataclasses import dataclass, field


@dataclass
class Timings:
    """Milliseconds by stage of one request, as the Server-Timing header shows them."""

    stages: dict[str, float] = field(default_factory=dict)

    def add(self, stage: str, seconds: float) -> None:
        """Count `seconds` more for `stage`."""
        self.stages[stage] = self.stages.get(stage, 0.0) + 1000 * seconds

    def header(self) -> str:
        """Return the header's value."""
        return ", ".join(f"{stage};dur={duration:.1f}" for stage, duration in self.stages.items())
