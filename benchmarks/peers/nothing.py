"""Our own application with an engine that does nothing: what the service around the network can carry."""

import numpy as np
import uvicorn

from app import logs
from app.main import create_app
from app.registry import Engine
from app.settings import Settings
from models.card import Expert, ModelCard
from models.denoising import Feed
from models.noise_map import BLOCK
from models.pixels import FloatImage
from models.store import Artifact
from models.tiles import Shape


class NothingEngine:
    """Returns its input, and finds the same noise everywhere."""

    device = "cpu"
    device_name: str | None = None
    precision = "float32"
    traces = 0
    trial: tuple[float, float] | None = None

    def __init__(self, card: ModelCard) -> None:
        self.card = card
        self.experts: dict[Expert, Engine] = dict.fromkeys(card.experts, self)

    def run(self, feed: Feed) -> FloatImage:
        return feed["image"]

    def run_float32(self, feed: Feed) -> FloatImage:
        return feed["image"]

    def encode(self, feed: Feed) -> FloatImage:
        return feed["image"].reshape(len(feed["image"]), -1)

    def estimate(self, feed: Feed) -> FloatImage:
        count, height, width, _ = feed["image"].shape
        told = self.card.estimator.told if self.card.estimator else 2
        return np.ones((count, height // BLOCK, width // BLOCK, told), np.float32)

    def cost(self, shape: Shape) -> float:
        return float(shape[0] * shape[1])

    def estimate_cost(self, shape: Shape) -> float:
        return self.cost(shape)


def nothing_loader(artifact: Artifact, _: Settings) -> Engine:
    """Return an engine for any artifact."""
    return NothingEngine(artifact.card)


def main() -> None:
    """Serve as `python -m app` does."""
    settings = Settings()
    logs.set_up(settings)
    app = create_app(settings, loader=nothing_loader)
    config = uvicorn.Config(app, host=settings.host, port=settings.port, log_config=None, access_log=False)
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
