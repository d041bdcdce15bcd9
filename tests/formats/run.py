"""Sending cases through the service, in process and without a network that changes pixels."""

from collections.abc import Iterable
from dataclasses import dataclass

import httpx

from app.settings import Settings
from tests.formats.case import Case
from tests.formats.compare import Likeness, likeness
from tests.formats.view import View, view
from tests.http.conftest import connected, halving_loader


@dataclass(frozen=True)
class Outcome:
    """What became of a case: a picture and how near it is, or an error's status and code."""

    case: Case
    status: int
    code: str = ""
    warnings: str = ""
    answer: View | None = None
    alike: Likeness | None = None


async def outcomes(cases: Iterable[Case]) -> list[Outcome]:
    """Send every case to `/denoise` at strength 0."""
    async with connected(Settings(), loader=halving_loader) as client:
        return [await _outcome(client, case) for case in cases]


async def _outcome(client: httpx.AsyncClient, case: Case) -> Outcome:
    response = await client.post("/denoise", content=case.file, params={"strength": "0", **case.options})
    if response.status_code != 200:
        return Outcome(case, response.status_code, code=response.json()["code"])
    answer = view(response.content)
    alike = likeness(case.sent, answer) if case.sent else None
    return Outcome(case, 200, warnings=response.headers.get("x-warnings", ""), answer=answer, alike=alike)
