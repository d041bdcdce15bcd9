"""What the exhibits' pictures have in common: their size, rows of labelled pictures, and a PNG of few bytes."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import Image

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 110
WIDEST = 12.7
"""Inches: 1,397 pixels, as wide as a page shows without shrinking the letters."""
LARGEST_FILE = 400_000
OURS, TRUTH, OTHER = "tab:blue", "black", "tab:orange"
"""The colours of our model, of the truth and of what stands beside it."""

Picture = npt.NDArray[Any]
"""(H, W), (H, W, 1) or (H, W, 3); uint8, or floats in 0-1, which are clipped."""
Row = tuple[str, Sequence[Picture] | npt.NDArray[Any]]
"""A label and the pictures to its right, one by one or stacked."""


def canvas(width: float, height: float) -> "Figure":
    """Return an empty figure of a size in inches, whose parts make room for each other."""
    from matplotlib.figure import Figure

    return Figure(figsize=(min(width, WIDEST), height), dpi=DPI, layout="constrained")


def rows_of_pictures(rows: Sequence[Row], titles: Sequence[str] = (), *, side: float = 0.9) -> "Figure":
    """Return rows of pictures, each row with its label at the left and each column with its title above, if it has one.

    `side` is the height of a picture in inches. Columns beyond the shorter rows stay empty.
    """
    most = max(len(pictures) for _, pictures in rows)
    labels = 0.1 * max(len(line) for label, _ in rows for line in label.split("\n"))
    figure = canvas(labels + most * side * 1.06, len(rows) * side * 1.06 + (0.3 if titles else 0.0))
    draw_rows(figure, rows, titles)
    return figure


def draw_rows(part: Any, rows: Sequence[Row], titles: Sequence[str] = ()) -> None:
    """Draw rows of labelled pictures into `part`, a figure or a subfigure."""
    most = max(len(pictures) for _, pictures in rows)
    grid = part.subplots(len(rows), most, squeeze=False)
    for line, (label, pictures) in zip(grid, rows, strict=True):
        for axes in line:
            axes.axis("off")
        for axes, picture in zip(line, pictures, strict=False):
            _draw(axes, picture)
        line[0].set_ylabel(label, rotation=0, ha="right", va="center", fontsize=10)
    for axes, title in zip(grid[0], titles, strict=False):
        axes.set_title(title, fontsize=10)


def _draw(axes: Any, picture: Picture) -> None:
    flat = picture[..., 0] if picture.ndim == 3 and picture.shape[2] == 1 else picture
    white = np.iinfo(flat.dtype).max if np.issubdtype(flat.dtype, np.integer) else 1.0
    axes.imshow(np.clip(flat, 0, white), cmap="gray", vmin=0, vmax=white, interpolation="nearest")
    axes.axis("on")
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def to_png(figure: "Figure") -> bytes:
    """Return the figure as a PNG file, of a palette of 256 colours where that is what keeps it below LARGEST_FILE."""
    target = io.BytesIO()
    figure.savefig(target, format="png", dpi=DPI, metadata={"Software": None})
    return target.getvalue() if target.tell() <= LARGEST_FILE else _with_palette(target)


def _with_palette(source: io.BytesIO) -> bytes:
    target = io.BytesIO()
    with Image.open(source) as image:
        image.convert("RGB").quantize(256).save(target, format="PNG", optimize=True)
    return target.getvalue()
