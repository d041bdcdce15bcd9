"""A running service under attack: a short and seeded part of `make fuzz`."""

from collections.abc import Iterator

import pytest

from tests.fuzz.campaign import Campaign, stream
from tests.fuzz.inputs import fixed
from tests.fuzz.schema import examine
from tests.fuzz.server import Target, attacked

pytestmark = pytest.mark.live

SEED = 20
DRAWN = 340
EXAMPLES = 25


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with attacked("fast") as target:
        yield target


def test_hostile_files(target: Target) -> None:
    """Every bomb, disguise and valid file once, and some hundred mutations."""
    record = Campaign(target).run(stream(SEED, fixed() + DRAWN))
    assert record.faults() == [], "\n".join(map(str, record.failures[:20]))
    assert record.inputs == fixed() + DRAWN


def test_requests_made_up_from_the_document(target: Target) -> None:
    findings = examine(target, seed=SEED, examples=EXAMPLES)
    assert findings.passed, findings.output
    assert findings.accepted("POST /denoise") > 1, "some of them reach the network"
    assert target.tracebacks == 0
