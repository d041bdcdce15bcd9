"""`photo-best`: `photo` with a larger network for white noise, of two and a half times the work.

Command:  python -m training fit photo-best --data PHOTOGRAPHS --from photo --estimator photo-best --only white
          --rate 8e-4 --decay-from 0.4
          python -m training fit photo-best --data PHOTOGRAPHS --from ARTIFACT --only noise --rate 8e-4 --minutes 9
          python -m training fit photo-best --data PHOTOGRAPHS --from ARTIFACT --only white --rate 6e-4
Expected: on two Zen 5 cores, from `photo` 8, after 118 minutes (33,000 steps) 33.95 / 31.29 / 28.08 dB on CBSD68 at
          sigma 15 / 25 / 50 (float protocol), after the last command's 129 more (--decay-from 0.25,
          34,900 steps) 33.99 / 31.34 / 28.13, and after its 135 once more 34.00 / 31.35 / 28.15 (`photo-best` 4). Then
          31 minutes of --only noise --rate 6e-4 on one core with AMX, and the weights of `photo` 11's network for all
          noise (`photo-best` 5): docs/decisions/0022-photo-best.md. Until version 8 `photo` had an estimator that this
          one's could grow from, without --estimator; the one it has now is narrower inside.
"""

from training.photo_denoiser import recipe
from training.recipes.photo import BLOCKS, ESTIMATOR_MIX, EXPERTS, IMAGE_MIX, MIX, WIDTHS

EXPERT_BLOCKS = (5, 6)

RECIPE = recipe(
    "photo-best",
    "Removes noise from photographs, white noise with two and a half times the work of `photo`.",
    WIDTHS,
    BLOCKS,
    MIX,
    estimator_mix=ESTIMATOR_MIX,
    minutes=120,
    far=3,
    experts={"white": EXPERTS["white"]},
    expert_blocks=EXPERT_BLOCKS,
    image_mix=IMAGE_MIX,
)
