"""Trusted hosts: requests for another are refused."""

import httpx
import pytest

from app.main import create_app
from app.settings import Settings
from tests.http.conftest import halving_loader
from tests.http.test_errors import assert_problem


def client_of(**settings: object) -> httpx.AsyncClient:
    app = create_app(Settings(**settings), loader=halving_loader)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://limpid")


async def test_other_hosts_are_a_problem_that_names_none_of_ours() -> None:
    async with client_of(trusted_hosts="api.example,*.images.example") as client:
        for host in ("evil.example", "images.example", "api.example.evil", "192.0.2.1:8000", ""):
            response = await client.get("/openapi.json", headers={"host": host})
            assert_problem(response, 400, "malformed_request", "Host")
            assert "api.example" not in response.text
            assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("host", ["api.example", "API.example:8000", "eu.images.example", "a.b.images.example"])
async def test_ours_are_served(host: str) -> None:
    async with client_of(trusted_hosts="api.example,*.images.example") as client:
        assert (await client.get("/openapi.json", headers={"host": host})).status_code == 200


async def test_probes_may_ask_an_address() -> None:
    async with client_of(trusted_hosts="api.example") as client:
        assert (await client.get("/health/live", headers={"host": "10.0.0.7:8000"})).status_code == 200


async def test_name_with_www_is_not_sent_elsewhere() -> None:
    async with client_of(trusted_hosts="www.api.example") as client:
        assert (await client.get("/openapi.json", headers={"host": "api.example"})).status_code == 400


async def test_without_the_setting_every_host_is_served() -> None:
    async with client_of() as client:
        assert (await client.get("/openapi.json", headers={"host": "any.example"})).status_code == 200
