"""GET /models and GET /models/{name}."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from app.deps import ServiceDep
from app.openapi import problems
from app.registry import Engine
from models.card import ModelCard

router = APIRouter(tags=["models"], responses=problems(404, 503))


class ServedModel(ModelCard):
    """A model card, and how this process runs the model."""

    device: str = Field(description="`cpu` or `gpu`")
    precision: str = Field(description="of the network's arithmetic")
    traces: int = Field(description="graphs made of it, all of them at start-up: a number that grows is a fault")


class ModelList(BaseModel):
    """All models of this service."""

    models: list[ServedModel]


@router.get("/models", summary="The models and what is known about them")
async def list_models(service: ServiceDep) -> ModelList:
    """Answer the cards of all loaded models."""
    return ModelList(models=[_served(engine) for engine in service.registry.all()])


@router.get("/models/{name}", summary="One model")
async def show_model(name: str, service: ServiceDep) -> ServedModel:
    """Answer one model's card; `name` may be name@version."""
    return _served(service.registry.get(name))


def _served(engine: Engine) -> ServedModel:
    return ServedModel(
        **engine.card.model_dump(), device=engine.device, precision=engine.precision, traces=engine.traces
    )
