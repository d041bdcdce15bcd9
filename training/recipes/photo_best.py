"""`photo-best`: the larger denoiser for photographs, two and a half times the work of `photo`.

Command:  python -m training fit photo-best --data FOLDER_OF_PHOTOGRAPHS --from photo --only image --minutes 240
Expected: 97 minutes on two Zen 4 cores that had other work (18,000 steps) were not enough: 33.67 / 30.96 / 27.69 dB on
          CBSD68, as `photo` 7. Why, and how to go on: docs/decisions/0012-muon.md.
"""

from training.photo_denoiser import recipe
from training.recipes.photo import ESTIMATOR_MIX, EXPERTS, IMAGE_MIX, MIX

WIDTHS = (48, 96)
BLOCKS = (5, 6)

RECIPE = recipe(
    "photo-best",
    "Removes noise from photographs, colour and gray, with two and a half times the work of `photo`.",
    WIDTHS,
    BLOCKS,
    MIX,
    estimator_mix=ESTIMATOR_MIX,
    minutes=240,
    far=3,
    experts={"white": EXPERTS["white"]},
    image_mix=IMAGE_MIX,
)
