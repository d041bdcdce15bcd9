"""Parts of the OpenAPI document that FastAPI can't derive: bodies of two kinds, answers that are files, problems."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from app.access import credentials
from app.codecs.formats import MEDIA_TYPES, SOURCES
from app.errors import (
    Forbidden,
    InternalError,
    LimpidError,
    MalformedRequest,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    RateLimited,
    Unauthorized,
)
from app.multipart import FIELD
from app.problems import MEDIA_TYPE, Problem
from app.samples import REQUEST_ID, error_examples

Responses = dict[int | str, dict[str, Any]]

_FRAMEWORK_ERRORS = ("HTTPValidationError", "ValidationError")
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_EVERYWHERE: tuple[type[LimpidError], ...] = (MethodNotAllowed, InternalError)
_GUARDED: tuple[type[LimpidError], ...] = (MalformedRequest, Unauthorized, Forbidden, RateLimited)
"""What the checks before a path may answer, where the service is set to make them."""
_SECURITY_SCHEMES = {
    "key": {"type": "apiKey", "in": "header", "name": credentials.HEADER, "description": "if the service asks for one"},
    "bearer": {"type": "http", "scheme": credentials.SCHEME.lower(), "description": "the same key, for other clients"},
}
_OPEN: list[dict[str, list[str]]] = []
_EITHER_KEY_OR_NONE: list[dict[str, list[str]]] = [{}, {"key": []}, {"bearer": []}]

_HEADERS: dict[str, tuple[str, Any]] = {
    "Allow": ("the methods that the path takes", "POST, OPTIONS"),
    "Content-Disposition": (
        "the upload's file name, made safe, with the answer's extension",
        "inline; filename=\"noisy.png\"; filename*=UTF-8''noisy.png",
    ),
    "Retry-After": ("seconds to wait before another try", 5),
    "Server-Timing": (
        "milliseconds of each stage",
        "decode;dur=12.4, queue;dur=3.1, infer;dur=181.0, encode;dur=21.9",
    ),
    "Vary": ("request headers that the answer depends on", "Accept"),
    "WWW-Authenticate": ("how to send an API key", 'Bearer realm="limpid"'),
    "X-Anomaly-Score": ("0-1: the share of the model's held-out pictures that are less unusual", 0.9731),
    "X-Model": ("the model that answered: name@version and its digest", "photo@11; sha256=fb7c6618ecf8"),
    "X-Noise-Sigma": ("the noise level used, 0-255 scale; the mean of all frames", 24.87),
    "X-Reconstruction-Error": ("mean squared error, pixels in 0-1", 0.002154),
    "X-Request-ID": ("the caller's if it has 1-64 letters, digits, _ or -; else a new one", REQUEST_ID),
    "X-Warnings": ("what was converted or lost; absent when nothing was", "the palette became RGB"),
}
"""What each header says, and an example."""
_MODEL_HEADERS = ("X-Model", "Server-Timing", "Vary")
_IMAGE_HEADERS = (*_MODEL_HEADERS, "Content-Disposition")
_ERROR_HEADERS = {401: ("WWW-Authenticate",), 405: ("Allow",), 429: ("Retry-After",), 503: ("Retry-After",)}

_OPTION_EXAMPLES: dict[str, list[Any]] = {
    "model": ["photo", "photo@11"],
    "sigma": ["auto", 25],
    "strength": [0.8],
    "format": ["webp"],
    "quality": [90],
    "metadata": ["none"],
    "output": ["comparison"],
    "ensemble": [True],
    "size": ["model"],
    "paper": [False, True],
    "normalize": [True],
    "encoding": ["base64"],
}


def problems(*kinds: type[LimpidError], guarded: bool = True) -> Responses:
    """Return the declaration of errors of those kinds, of the two that every path has, and of a guarded path's."""
    found: dict[int, list[type[LimpidError]]] = {}
    for kind in sorted(
        {*kinds, *_EVERYWHERE, *(_GUARDED if guarded else ())}, key=lambda each: (each.status, each.code)
    ):
        found.setdefault(kind.status, []).append(kind)
    return {status: _problem_response(status, of_status) for status, of_status in found.items()}


def upload(options: type[BaseModel], others: Mapping[str, str] = MappingProxyType({})) -> dict[str, Any]:
    """Return the declaration of an upload: a form with the picture and the options, or its bytes and a query.

    `others` are the files that a form may have beside the picture, by field, and what each is.

    The routes parse options by themselves: what FastAPI does for a model of query parameters takes a quarter of the
    time that a thumbnail's request takes in all.
    """
    fields = {name: _text_schema(field) for name, field in options.model_json_schema()["properties"].items()}
    query = [
        {"name": name, "in": "query", "required": False, "schema": field | {"examples": _OPTION_EXAMPLES[name]}}
        for name, field in fields.items()
    ]
    files = {FIELD: _BINARY["schema"]} | {name: _BINARY["schema"] | {"description": others[name]} for name in others}
    form = {"type": "object", "required": [FIELD], "properties": files | _without_default(fields)}
    raw = dict.fromkeys([*(f"image/{each}" for each in SOURCES), "application/octet-stream"], _BINARY)
    body = {"required": True, "content": {"multipart/form-data": {"schema": form}, **raw}}
    return {"parameters": query, "requestBody": body}


def picture_responses(*headers: str) -> Responses:
    """Return the declaration of answers that are pictures, with `headers` beside those that all of them have."""
    content = dict.fromkeys(MEDIA_TYPES.values(), _BINARY)
    return {
        200: {
            "description": "The picture",
            "headers": _headers(*_IMAGE_HEADERS, *headers, "X-Warnings"),
            "content": content,
        },
        **problems(*_upload_errors()),
    }


def embedding_responses(media_type: str) -> Responses:
    """Return the declaration of answers that are embeddings, as JSON or as a NumPy array of `media_type`."""
    shown = {"model": "digits-ae", "version": "1", "dimension": 2, "normalized": True, "embedding": [0.6, 0.8]}
    return {
        200: {
            "description": "The embedding",
            "headers": _headers(*_MODEL_HEADERS, "X-Warnings"),
            "content": {"application/json": {"example": shown}, media_type: _BINARY},
        },
        **problems(*(kind for kind in _upload_errors() if kind is not NotAcceptable)),
    }


def example(value: object) -> Responses:
    """Return the declaration of an answer's example."""
    return {200: {"headers": _headers(), "content": {"application/json": {"example": value}}}}


def install(app: FastAPI) -> None:
    """Make the document of `app` declare the problem, and not the framework's errors, which nobody gets to see."""
    generate = app.openapi

    def complete() -> dict[str, Any]:
        document = generate()
        components = document["components"]
        components["schemas"][Problem.__name__] = Problem.model_json_schema()
        components["examples"] = error_examples()
        components["headers"] = {
            name: {"description": description, "schema": {"type": _type(value)}, "example": value}
            for name, (description, value) in _HEADERS.items()
        }
        components["securitySchemes"] = _SECURITY_SCHEMES
        for name in _FRAMEWORK_ERRORS:
            components["schemas"].pop(name, None)
        for path in document["paths"].values():
            for operation in path.values():
                operation["security"] = _EITHER_KEY_OR_NONE if "401" in operation["responses"] else _OPEN
                if "application/json" in operation["responses"].get("422", {}).get("content", {}):
                    del operation["responses"]["422"]
        return document

    app.openapi = complete  # type: ignore[method-assign]


def _upload_errors() -> list[type[LimpidError]]:
    """Return what an upload may get: every error but that of a path that there is not."""
    return [kind for kind in LimpidError.__subclasses__() if kind is not NotFound]


def _problem_response(status: int, kinds: list[type[LimpidError]]) -> dict[str, Any]:
    media = {
        "schema": {"$ref": f"#/components/schemas/{Problem.__name__}"},
        "examples": {kind.code: {"$ref": f"#/components/examples/{kind.code}"} for kind in kinds},
    }
    return {
        "description": ", or ".join(kind.title for kind in kinds),
        "headers": _headers(*_ERROR_HEADERS.get(status, ())),
        "content": {MEDIA_TYPE: media},
    }


def _headers(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in (*names, "X-Request-ID")}


def _type(value: object) -> str:
    return {int: "integer", float: "number"}.get(type(value), "string")


def _text_schema(field: dict[str, Any]) -> dict[str, Any]:
    """Return an option's schema without null: a query or a form can leave an option out, but not send none."""
    kept = {key: value for key, value in field.items() if key != "anyOf" and (key != "default" or value is not None)}
    choices: list[dict[str, Any]] = [choice for choice in field.get("anyOf", ()) if choice != {"type": "null"}]
    if len(choices) == 1:
        return choices[0] | kept
    return kept | ({"anyOf": choices} if choices else {})


def _without_default(fields: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the fields as a form has them: Swagger UI sends defaults, and an option in query and form is an error."""
    return {name: {key: value for key, value in field.items() if key != "default"} for name, field in fields.items()}
