"""A model card for people to read."""

from collections.abc import Iterator
from typing import Any

from models.card import Figure, ModelCard

MOST_NUMBERS = 8
"""A longer row of numbers is told by its ends."""


def headline(card: ModelCard) -> str:
    """Return the first of the card's figures and what it was measured on, or nothing."""
    return _figure_text(card.figures[0]) if card.figures else ""


def card_lines(card: ModelCard) -> Iterator[str]:
    """Yield the card's fields as `name: value`, what belongs to a field indented below it."""
    yield from _lines(card.model_dump(exclude={"figures"}, exclude_none=True), "")
    yield "figures:"
    for figure in card.figures:
        how = (f"{figure.images} images", figure.protocol, figure.backend, figure.precision)
        yield f"  {_figure_text(figure)} ({'; '.join(filter(None, how))})"


def _figure_text(figure: Figure) -> str:
    sigma = "" if figure.sigma is None else f", sigma {figure.sigma:g}"
    return f"{figure.metric} {figure.value:g} {figure.unit}".rstrip() + f" on {figure.dataset}{sigma}"


def _lines(fields: dict[str, Any], indent: str) -> Iterator[str]:
    for name, value in fields.items():
        if isinstance(value, dict):
            yield f"{indent}{name}:"
            yield from _lines(value, indent + "  ")
        else:
            yield f"{indent}{name}: {_text(value)}"


def _text(value: object) -> str:
    if not isinstance(value, tuple):
        return str(value)
    if len(value) > MOST_NUMBERS:
        return f"{len(value)} values from {value[0]:g} to {value[-1]:g}"
    return ", ".join(map(str, value)) or "none"
