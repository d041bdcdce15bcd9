"""Every kind of file that docs/formats.md lists: what comes back, and what is said of the rest."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.formats.case import Case
from tests.formats.cases import all_cases
from tests.formats.compare import unsaid
from tests.formats.run import Outcome, outcomes
from tests.formats.table import document

COMMITTED = Path(__file__).parents[2] / "docs" / "formats.md"
PICTURES = [case for case in all_cases() if case.sent]
REFUSED = [case for case in all_cases() if not case.sent]


@pytest.fixture(scope="module")
async def answers(anyio_backend: str) -> Mapping[str, Outcome]:
    """What became of every case, by its name: all of them are sent once."""
    return {outcome.case.id: outcome for outcome in await outcomes(all_cases())}


@pytest.mark.parametrize("case", PICTURES, ids=lambda case: case.id)
async def test_picture_comes_back_and_nothing_is_lost_without_a_word(
    answers: Mapping[str, Outcome], case: Case
) -> None:
    outcome = answers[case.id]
    assert outcome.status == 200, outcome.code
    assert outcome.alike.psnr >= case.expected
    assert set(unsaid(case.sent, outcome.answer, outcome.warnings)) == case.silent, outcome.warnings


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.id)
async def test_what_is_not_read_is_refused(answers: Mapping[str, Outcome], case: Case) -> None:
    assert answers[case.id].code == case.expected


async def test_committed_page_is_what_the_service_does(answers: Mapping[str, Outcome]) -> None:
    assert len(answers) == len(all_cases()), "every case has a name of its own"
    assert COMMITTED.read_text() == document(list(answers.values())), "docs/formats.md is out of date: run `make docs`"
