"""`photo-best`: the larger denoiser for photographs, two and a half times the work of `photo`.

Command:  python -m training fit photo-best --data FOLDER_OF_PHOTOGRAPHS --from photo --only image --minutes 240
"""

from training.photo_denoiser import recipe
from training.recipes.photo import ESTIMATOR_MIX, MIX

WIDTHS = (48, 96)
BLOCKS = (5, 6)

RECIPE = recipe(
    "photo-best",
    "Removes noise from photographs, colour and gray, better than `photo` at two and a half times its cost.",
    WIDTHS,
    BLOCKS,
    MIX,
    estimator_mix=ESTIMATOR_MIX,
    minutes=240,
    far=3,
)
