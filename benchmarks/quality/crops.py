"""Details of scikit-image's photographs side by side: noisy, through each method, clean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from textwrap import wrap

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from benchmarks.quality.cases import Case
from benchmarks.quality.measure import NOISY, Method
from models.pixels import ByteImage

SIDE = 128
CORNERS = {"astronaut": (36, 170), "camera": (66, 190), "chelsea": (62, 120), "coffee": (92, 200)}
"""The top and left of what is shown of each picture: a face, a camera, an eye, the rim of a cup."""

GAP = 4
TITLE_HEIGHT = 36
TITLE_SIZE = 12
LINE = 20
"""Characters of that size that are about as wide as a crop."""


@dataclass
class Crops:
    """What is shown of the cases of one noise level, a row a picture, as they come; other cases are passed over."""

    sigma: float
    _cleans: list[ByteImage] = field(default_factory=list)
    _columns: dict[str, list[ByteImage]] = field(default_factory=dict)

    def show(self, case: Case, method: Method, picture: ByteImage) -> None:
        """Take a method's result, (H, W, 1 or 3)."""
        if case.sigma != self.sigma or case.name not in CORNERS or not method.in_crops:
            return
        self._columns.setdefault(method.name, []).append(cropped(case.name, picture))
        if method is NOISY:
            self._cleans.append(cropped(case.name, case.clean))

    def save(self, folder: Path) -> None:
        """Write `crops-sigma<level>.png` into `folder`, unless there is nothing to show."""
        if self._cleans:
            columns = {**self._columns, "clean": self._cleans}
            sheet(columns).save(folder / f"crops-sigma{self.sigma:g}.png", optimize=True)


def cropped(name: str, picture: ByteImage) -> ByteImage:
    """Return the part of a photograph that is shown, (SIDE, SIDE, 3)."""
    top, left = CORNERS[name]
    part = picture[top : top + SIDE, left : left + SIDE]
    return np.repeat(part, 3, axis=2) if part.shape[2] == 1 else part


def sheet(columns: Mapping[str, Sequence[ByteImage]]) -> Image.Image:
    """Return columns of (SIDE, SIDE, 3) pictures side by side, the title of each above it."""
    step, most = SIDE + GAP, max(map(len, columns.values()))
    image = Image.new("RGB", (step * len(columns) - GAP, TITLE_HEIGHT + step * most - GAP), "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=TITLE_SIZE)
    for left, (title, pictures) in zip(count(0, step), columns.items(), strict=False):
        middle = (left + SIDE // 2, TITLE_HEIGHT // 2)
        draw.multiline_text(middle, broken(title), fill="black", font=font, anchor="mm", align="center")
        for top, picture in zip(count(TITLE_HEIGHT, step), pictures, strict=False):
            image.paste(Image.fromarray(picture), (left, top))
    return image


def broken(title: str) -> str:
    """Return a method's name in lines as wide as a crop, without its quotes."""
    return "\n".join(wrap(title.replace("`", ""), width=LINE))
