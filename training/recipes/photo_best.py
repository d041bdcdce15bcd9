"""`photo-best`: `photo` with a larger network for white noise, of two and a half times the work.

Command:  python -m training fit photo-best --data FOLDER_OF_PHOTOGRAPHS --from photo --only white --minutes 240
Expected: not known. Before there were experts, 97 minutes of one network for all noise (18,000 steps) brought what
          `photo` had already: docs/decisions/0012-muon.md. What experts brought `photo`: 0021-experts.md.
"""

from training.photo_denoiser import recipe
from training.recipes.photo import BLOCKS, ESTIMATOR_MIX, EXPERTS, IMAGE_MIX, MIX, WIDTHS

EXPERT_BLOCKS = (5, 6)

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
    expert_blocks=EXPERT_BLOCKS,
    image_mix=IMAGE_MIX,
)
