"""What an exhibit of the gallery is, and what it finds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from training.gallery.studio import Studio

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Table:
    """Figures as they are printed: a row a method, its name in the first column."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Shown:
    """What an exhibit found.

    `picture` is made without pyplot, which would keep it (training.gallery.drawing.canvas); `alt` describes it for
    those who can't see it. `text` is Markdown, 2-6 sentences: what was trained on what and for how long, what the
    picture shows, how the figures were measured. `headline` is one line for the table of contents: our figure beside
    that of the original, or of a simple method.
    """

    picture: "Figure"
    alt: str
    table: Table
    text: str
    headline: str = ""


@dataclass(frozen=True)
class Exhibit:
    """One section of the gallery; `minutes` is what `make` takes on two cores, in full."""

    name: str
    title: str
    make: Callable[[Studio], Shown]
    minutes: float
