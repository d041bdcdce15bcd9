"""`python -m tests.formats`: send every case and print docs/formats.md."""

import asyncio

from tests.formats.cases import all_cases
from tests.formats.run import outcomes
from tests.formats.table import document

if __name__ == "__main__":
    print(document(asyncio.run(outcomes(all_cases()))), end="")
