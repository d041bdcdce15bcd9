"""GET /models and GET /models/{name}."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from app.deps import ServiceDep
from app.errors import NotReady, UnknownModel
from app.openapi import example, problems
from app.registry import Engine
from models.card import ModelCard

router = APIRouter(tags=["models"])

_EXAMPLE = {
    "name": "digits-denoise",
    "version": "1",
    "task": "denoise",
    "summary": "Removes strong noise from handwritten digits, white on black.",
    "licence": "Apache-2.0",
    "input": {"channels": 1, "height": None, "width": None, "multiple": 4, "halo": 23},
    "controls": [],
    "parameters": 176052,
    "kmac_per_pixel": 11.616,
    "noise": {"kind": "gaussian, clipped", "sigma_min": 127.5, "sigma_max": 127.5},
    "estimator": None,
    "experts": [],
    "embedding": None,
    "anomaly": None,
    "figures": [
        {
            "metric": "PSNR",
            "value": 20.94511,
            "unit": "dB",
            "dataset": "mnist test",
            "images": 10000,
            "sigma": 127.5,
            "protocol": "clipped to 0-1, not rounded; output clipped and rounded to 8 bits",
            "backend": "tensorflow",
            "precision": "float32",
        }
    ],
    "training": {
        "recipe": "digits-denoise",
        "data": "55000 mnist training images; Gaussian noise, sigma 127.5, clipped to 0-1",
        "steps": 19500,
        "samples": 624000,
        "minutes": 8.0,
        "precision": "float32",
        "backend": "tensorflow",
        "keras": "3.15.1",
        "started_from": None,
    },
    "sha256": "70e9dee7ce338e9641b659e7105098571f30f07ca9a123a0d7326385f54af1d7",
    "device": "cpu",
    "device_name": None,
    "precision": "bfloat16",
    "traces": 1,
}


class ServedModel(ModelCard):
    """A model card, and how this process runs the model."""

    device: str = Field(description="`cpu` or `gpu`")
    device_name: str | None = Field(default=None, description="what the maker calls the GPU; null on the CPU")
    precision: str = Field(description="of the network's arithmetic")
    traces: int = Field(description="graphs made of it, all of them at start-up: a number that grows is a fault")


class ModelList(BaseModel):
    """All models of this service."""

    models: list[ServedModel]


@router.get(
    "/models",
    summary="The models and what is known about them",
    responses=example({"models": [_EXAMPLE]}) | problems(NotReady),
)
async def list_models(service: ServiceDep) -> ModelList:
    """Answer the cards of all loaded models."""
    return ModelList(models=[_served(engine) for engine in service.registry.all()])


@router.get("/models/{name}", summary="One model", responses=example(_EXAMPLE) | problems(UnknownModel, NotReady))
async def show_model(name: str, service: ServiceDep) -> ServedModel:
    """Answer one model's card; `name` may be name@version."""
    return _served(service.registry.get(name))


def _served(engine: Engine) -> ServedModel:
    return ServedModel(
        **engine.card.model_dump(),
        device=engine.device,
        device_name=engine.device_name,
        precision=engine.precision,
        traces=engine.traces,
    )
