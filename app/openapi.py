"""Parts of the OpenAPI document that FastAPI can't derive: bodies of two kinds, answers that are files, problems."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from app.images import MEDIA_TYPES
from app.multipart import FIELD
from app.problems import MEDIA_TYPE, Problem

_FRAMEWORK_ERRORS = ("HTTPValidationError", "ValidationError")
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_UPLOAD_PROBLEMS = (400, 404, 406, 408, 413, 415, 422, 429, 500, 503, 504)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the declaration of errors, each with a problem as its body."""
    schema = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in statuses
    }


def upload(options: type[BaseModel]) -> dict[str, Any]:
    """Return the declaration of an upload: a form with the picture and the options, or its bytes and a query.

    The routes parse options by themselves: what FastAPI does for a model of query parameters takes a quarter of the
    time that a thumbnail's request takes in all.
    """
    fields = options.model_json_schema()["properties"]
    query = [{"name": name, "in": "query", "required": False, "schema": field} for name, field in fields.items()]
    form = {"type": "object", "required": [FIELD], "properties": {FIELD: _BINARY["schema"], **fields}}
    raw = dict.fromkeys([*MEDIA_TYPES.values(), "application/octet-stream"], _BINARY)
    body = {"required": True, "content": {"multipart/form-data": {"schema": form}, **raw}}
    return {"parameters": query, "requestBody": body}


def install(app: FastAPI) -> None:
    """Make the document of `app` declare the problem, and not the framework's errors, which nobody gets to see."""
    generate = app.openapi

    def complete() -> dict[str, Any]:
        document = generate()
        schemas = document["components"]["schemas"]
        schemas[Problem.__name__] = Problem.model_json_schema()
        for name in _FRAMEWORK_ERRORS:
            schemas.pop(name, None)
        for path in document["paths"].values():
            for operation in path.values():
                if "application/json" in operation["responses"].get("422", {}).get("content", {}):
                    del operation["responses"]["422"]
        return document

    app.openapi = complete  # type: ignore[method-assign]


IMAGE_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The picture", "content": dict.fromkeys(MEDIA_TYPES.values(), _BINARY)},
    **problems(*_UPLOAD_PROBLEMS),
}

EMBEDDING_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The embedding",
        "content": {
            "application/json": {
                "example": {
                    "model": "digits-ae",
                    "version": "1",
                    "dimension": 2,
                    "normalized": True,
                    "embedding": [0.6, 0.8],
                }
            },
            "application/x-npy": _BINARY,
        },
    },
    **problems(*_UPLOAD_PROBLEMS),
}
