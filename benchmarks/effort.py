"""How much is measured: a full run, or a quick one that shows that all works."""

from dataclasses import dataclass
from typing import TypeVar

Value = TypeVar("Value")


@dataclass(frozen=True)
class Effort:
    """`quick` figures are too few to be quoted."""

    quick: bool

    def of(self, full: Value, quick: Value) -> Value:
        """Return the one or the other."""
        return quick if self.quick else full
