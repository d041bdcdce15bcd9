"""The OpenAPI document: valid, complete, committed, and readable without the internet."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from app.codecs.formats import MEDIA_TYPES
from app.document import document_text
from app.errors import LimpidError
from app.options import DenoiseOptions, EncodeOptions, ReconstructOptions
from app.problems import Problem
from app.routes.models import ModelList, ServedModel
from tests.conftest import png
from tests.http.conftest import Connect

COMMITTED = Path(__file__).parent.parent.parent / "docs" / "openapi.json"
WITH_ALL_OPTIONS = {"/denoise": "photo", "/reconstruct": "digits-ae", "/encode": "digits-ae"}
OPTIONS = {"/denoise": DenoiseOptions, "/reconstruct": ReconstructOptions, "/encode": EncodeOptions}
PICTURES = {"/denoise": {"X-Noise-Sigma"}, "/reconstruct": {"X-Reconstruction-Error", "X-Anomaly-Score"}}
FILES = {"/denoise": {"file", "mask"}, "/reconstruct": {"file"}, "/encode": {"file"}}
PATH_ERRORS = {"not_found"}
"""What no declared path can answer."""
GUARD_ERRORS = {"malformed_request", "unauthorized", "forbidden", "rate_limited"}
OPEN = {"/health/live", "/health/ready"}
SECURITY_HEADERS = {
    "cache-control",
    "content-security-policy",
    "cross-origin-resource-policy",
    "referrer-policy",
    "x-content-type-options",
}
"""For browsers alone: on every answer, and declared on none."""
SMALL = png(np.full((20, 30, 3), 90, np.uint8))


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return json.loads(document_text())


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            yield path, operation


def codes(operation: dict[str, Any]) -> dict[str, str]:
    """Return the status of each error that an operation declares, by its code."""
    return {
        code: status
        for status, response in operation["responses"].items()
        for code in response["content"].get("application/problem+json", {}).get("examples", {})
    }


def resolved(document: dict[str, Any], node: dict[str, Any]) -> Any:
    found: Any = document
    for part in node["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return found


def references(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


async def test_committed_document_is_the_service(connect: Connect, document: dict[str, Any]) -> None:
    assert COMMITTED.read_text() == document_text(), "docs/openapi.json is out of date: run `make docs`"
    async with connect() as client:
        assert (await client.get("/openapi.json")).json() == document


def test_document_is_valid_openapi(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    OPENAPI_31_VALIDATOR.validate(document)
    found = list(references(document))
    assert found
    for reference in found:
        assert resolved(document, reference)


def test_document_names_no_machine() -> None:
    assert "://" not in document_text()
    assert not re.search(r"localhost|127\.0\.0\.1|/home/|/work/|/tmp/", document_text())


@pytest.mark.parametrize("path", OPTIONS)
def test_uploads_take_a_form_and_raw_bytes(document: dict[str, Any], path: str) -> None:
    operation = document["paths"][path]["post"]
    content = operation["requestBody"]["content"]
    raw = {"application/octet-stream", "image/bmp", *MEDIA_TYPES.values()}
    assert content.keys() == {"multipart/form-data"} | raw
    form = content["multipart/form-data"]["schema"]
    assert form["required"] == ["file"]
    assert form["properties"].keys() == OPTIONS[path].model_fields.keys() | FILES[path]
    assert {parameter["name"] for parameter in operation["parameters"]} == OPTIONS[path].model_fields.keys()


@pytest.mark.parametrize("path", OPTIONS)
async def test_every_option_has_examples_that_are_taken(connect: Connect, document: dict[str, Any], path: str) -> None:
    async with connect() as client:
        for parameter in document["paths"][path]["post"]["parameters"]:
            assert parameter["schema"]["examples"]
            for value in parameter["schema"]["examples"]:
                assert OPTIONS[path].parse([(parameter["name"], str(value).lower())])
        together = {
            each["name"]: str(each["schema"]["examples"][0]).lower()
            for each in document["paths"][path]["post"]["parameters"]
            if each["name"] != "model"
        }
        together["model"] = WITH_ALL_OPTIONS[path]
        assert (await client.post(path, content=SMALL, params=together)).status_code == 200


@pytest.mark.parametrize("path", PICTURES)
async def test_declared_headers_are_those_of_the_answer(connect: Connect, document: dict[str, Any], path: str) -> None:
    declared = document["paths"][path]["post"]["responses"]["200"]
    assert declared["content"].keys() == set(MEDIA_TYPES.values())
    assert PICTURES[path] <= declared["headers"].keys()
    async with connect() as client:
        answer = await client.post(path, content=SMALL)
    sent = {name.lower() for name in answer.headers} - {"content-type", "content-length"} - SECURITY_HEADERS
    assert sent | {"x-warnings"} == {name.lower() for name in declared["headers"]}


def test_every_header_has_an_example(document: dict[str, Any]) -> None:
    for header in document["components"]["headers"].values():
        assert header["example"]
        assert header["description"]


def test_every_json_answer_has_an_example(document: dict[str, Any]) -> None:
    for path, operation in operations(document):
        content = operation["responses"]["200"]["content"]
        assert path in PICTURES or content["text/plain" if path == "/metrics" else "application/json"]["example"]


def test_examples_of_models_are_models(document: dict[str, Any]) -> None:
    def shown(path: str) -> Any:
        return document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["example"]

    assert ModelList.model_validate(shown("/models"))
    assert ServedModel.model_validate(shown("/models/{name}"))


def test_every_error_has_an_example(document: dict[str, Any]) -> None:
    kinds = {kind.code: kind for kind in LimpidError.__subclasses__()}
    examples = document["components"]["examples"]
    assert examples.keys() == kinds.keys(), "app/samples.py has one sample of each error"
    for code, example in examples.items():
        problem = Problem.model_validate(example["value"])
        assert (problem.code, problem.status, problem.title) == (code, kinds[code].status, kinds[code].title)
        assert len(problem.detail) > 20


def test_every_error_is_declared_where_it_can_occur(document: dict[str, Any]) -> None:
    every = {kind.code for kind in LimpidError.__subclasses__()}
    for path in PICTURES:
        assert codes(document["paths"][path]["post"]).keys() == every - PATH_ERRORS
    assert codes(document["paths"]["/encode"]["post"]).keys() == every - PATH_ERRORS - {"not_acceptable"}
    for path, operation in operations(document):
        assert {"method_not_allowed", "internal_error"} <= codes(operation).keys()
        assert (codes(operation).keys() >= GUARD_ERRORS) == (path not in OPEN)
        assert ("not_ready" in codes(operation)) == (path not in {"/health/live", "/metrics"})
        for code, status in codes(operation).items():
            assert document["components"]["examples"][code]["value"]["status"] == int(status)


def test_a_key_is_declared_as_something_that_a_service_may_ask_for(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"]
    assert [(each["type"], each.get("name"), each.get("scheme")) for each in schemes.values()] == [
        ("apiKey", "X-API-Key", None),
        ("http", None, "bearer"),
    ]
    for path, operation in operations(document):
        assert operation["security"] == ([] if path in OPEN else [{}, *({name: []} for name in schemes)])


def test_headers_of_errors_are_declared(document: dict[str, Any]) -> None:
    for _, operation in operations(document):
        for status, response in operation["responses"].items():
            assert "X-Request-ID" in response["headers"]
            assert ("Allow" in response["headers"]) == (status == "405")
            assert ("WWW-Authenticate" in response["headers"]) == (status == "401")
            assert ("Retry-After" in response["headers"]) == (status in {"429", "503"})


async def test_documentation_page_needs_no_other_server(connect: Connect) -> None:
    async with connect() as client:
        page = (await client.get("/docs")).text
        assert not re.findall(r"//\w+", page)
        sources = re.findall(r'(?:src|href)="([^"]+)"', page)
        assert len(sources) >= 3
        for source in [*sources, "/openapi.json"]:
            assert source.startswith("/")
            assert (await client.get(source)).status_code == 200
