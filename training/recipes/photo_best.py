"""`photo-best`: the larger denoiser for photographs, three times the work of `photo`.

Command:  python -m training fit photo-best --data FOLDER_OF_PHOTOGRAPHS --from photo --minutes 240
"""

from training.photo_denoiser import recipe
from training.recipes.photo import ESTIMATOR_MIX, MIX

WIDTHS = (48, 96, 192)
BLOCKS = (4, 4, 3)

RECIPE = recipe(
    "photo-best",
    "Removes noise from photographs, colour and gray, better than `photo` at three times its cost.",
    WIDTHS,
    BLOCKS,
    MIX,
    estimator_mix=ESTIMATOR_MIX,
    minutes=240,
)
