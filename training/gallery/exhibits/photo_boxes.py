"""`photo-boxes`: photographs with boxes blacked out, filled in.

Command:  python -m training gallery --only photo-boxes  (the model alone: python -m training fit photo-boxes
          --data FOLDER_OF_PHOTOGRAPHS)
Expected: half a minute; in the boxes 23.88 dB, 23.86 without their mask; cv2.inpaint, given it, 22.02 (Telea).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.card import Input, ModelCard
from models.denoising import Run
from models.pixels import ByteImage
from training.architectures import unet
from training.box_figures import (
    BLIND,
    METRICS,
    PER_MEGAPIXEL,
    SIDES,
    TOLD,
    TRIALS,
    Fill,
    fillers,
    mean_psnr,
    peers,
    trial_of,
)
from training.gallery.drawing import Row, rows_of_pictures
from training.gallery.exhibit import Exhibit, Shown, Table
from training.gallery.studio import Studio
from training.inference import runner
from training.recipes.photo_boxes import RECIPE, WIDTHS

SIDE = 160
CORNERS = {"astronaut": (20, 140), "chelsea": (60, 120), "coffee": (110, 210), "rocket": (180, 250)}
"""Row and column of what is shown of each photograph, SIDE x SIDE pixels."""

Measured = tuple[float, float]
"""PSNR in dB in the boxes and of whole pictures."""


@dataclass(frozen=True)
class _Network:
    """The network, and what its card tells: nothing for one that is untrained, as a fast gallery's is."""

    run: Run
    spec: Input
    card: ModelCard | None

    def held_out(self, method: str) -> list[str]:
        """Return the card's figures of a method, as they are printed."""
        figures = {figure.metric: f"{figure.value:.2f}" for figure in self.card.figures} if self.card else {}
        return [figures.get(f"{metric}, {method}", "") for metric in METRICS]

    @property
    def story(self) -> str:
        if self.card is None:
            return "An untrained network."
        card = self.card
        return (
            f"The artifact that the service serves, {card.reference}: {card.parameters:,} parameters, "
            f"{card.kmac_per_pixel:.0f} thousand multiply-accumulates a pixel, trained for {card.training.minutes:g} "
            f"minutes on {card.training.data}."
        )


def _make(studio: Studio) -> Shown:
    network = _network(studio)
    fills = {**peers(), **fillers(network.run, network.spec)}
    photographs = _photographs()
    used, trials = photographs[: studio.scaled(len(photographs), 1)], studio.scaled(TRIALS, 1)
    measured = {method: mean_psnr(fill, used, trials) for method, fill in fills.items()}
    return Shown(
        picture=rows_of_pictures(_rows(photographs, fills), side=1.4),
        alt="Parts of four photographs, the same with black boxes, and the boxes filled in: by OpenCV's two methods "
        "with smears, by ours with lines and colours that go on through them, whether it is given the boxes' mask or "
        "finds them itself.",
        table=_table(measured, network),
        text=f"{network.story} Half of its training patches came with the mask of the boxes and half without: then it "
        "has to find them itself, as in the row without a mask. The picture shows parts of four photographs of "
        f"scikit-image's, {SIDE}×{SIDE} pixels each. The figures are means over these photographs, whole, and {TRIALS} "
        f"random trials with {PER_MEGAPIXEL} boxes per megapixel and sides of {SIDES[0]} to {SIDES[1]} pixels; beside "
        "them stand those of photographs held out of the training, from the model's card. OpenCV's methods are given "
        "the mask, and a radius beyond which they gain 0.05 dB at most; pixels outside a given mask stay as they are.",
        headline=_headline(measured),
    )


def _network(studio: Studio) -> _Network:
    if studio.fast:
        return _Network(runner(RECIPE.build("float32")), Input(channels=3, multiple=unet.multiple_of(WIDTHS)), None)
    card, model = studio.model(RECIPE.name)
    return _Network(runner(model), card.input, card)


def _photographs() -> list[ByteImage]:
    from skimage import data

    return [getattr(data, name)() for name in CORNERS]


def _rows(photographs: Sequence[ByteImage], fills: Mapping[str, Fill]) -> list[Row]:
    """Return the originals, those with boxes, and what each method makes of them, all cut out."""
    corners = zip(photographs, CORNERS.values(), strict=True)
    parts = [photograph[top : top + SIDE, left : left + SIDE] for photograph, (top, left) in corners]
    trials = [trial_of(part, trial) for trial, part in enumerate(parts)]
    filled = [(_label(method), [fill(*trial) for trial in trials]) for method, fill in fills.items()]
    return [("original", parts), ("blacked out", [boxed for boxed, _ in trials]), *filled]


def _name(method: str) -> str:
    return f"{RECIPE.name}, {method}" if method in {BLIND, TOLD} else method


def _label(method: str) -> str:
    """Return a method's name in two lines."""
    return _name(method).replace(", ", ",\n").replace(" radius", "\nradius")


def _table(measured: Mapping[str, Measured], network: _Network) -> Table:
    columns = ("", *(f"{metric} (dB){where}" for where in ("", ", held-out photographs") for metric in METRICS))
    rows = [(_name(each), *(f"{value:.2f}" for value in measured[each]), *network.held_out(each)) for each in measured]
    return Table(columns, tuple(rows))


def _headline(measured: Mapping[str, Measured]) -> str:
    inside = {method: values[0] for method, values in measured.items()}
    best = max(value for method, value in inside.items() if method not in {BLIND, TOLD})
    return f"{inside[TOLD]:.2f} dB in the boxes, {inside[BLIND]:.2f} without their mask (cv2.inpaint: {best:.2f})"


EXHIBIT = Exhibit("photo-boxes", "Photographs with boxes blacked out", _make, minutes=1)
