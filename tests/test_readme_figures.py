"""The figures in the README are those of the models' cards."""

import re
from pathlib import Path

import pytest

from models.store import BUNDLED, find, newest, verify

README = (Path(__file__).parent.parent / "README.md").read_text()
ROWS = {
    match[1]: match[0] for match in re.finditer(r"^\| `([a-z0-9-]+)` \|.*$", README.split("## Models")[1], re.MULTILINE)
}
NUMBER = re.compile(r"\d+\.\d+")


def rounded(value: float, decimals: int) -> str:
    return f"{value:.{decimals}f}"


@pytest.mark.parametrize("name", find(BUNDLED))
def test_every_number_in_the_row_of_a_model_is_a_measured_one(name: str) -> None:
    assert name in ROWS, "every model has a row"
    card = verify(newest(BUNDLED, name)).card
    costs = [card.kmac_per_pixel, *([card.estimator.kmac_per_pixel] if card.estimator else [])]
    measured = [*costs, *(figure.value for figure in card.figures)]
    numbers = NUMBER.findall(ROWS[name])
    assert numbers
    for number in numbers:
        decimals = len(number.partition(".")[2])
        assert number in {rounded(value, decimals) for value in measured}, f"{number} is in no card"
