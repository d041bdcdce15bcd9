"""`photo`: the default denoiser for photographs.

Command:  python -m training fit photo --data FOLDER_OF_PHOTOGRAPHS --minutes 120
"""

from training.degradations import Mix
from training.photo_denoiser import recipe

WIDTHS = (48, 96)
BLOCKS = (2, 2)
MIX = Mix({"gaussian": 0.57, "camera": 0.25, "mixed": 0.08, "jpeg": 0.02, "clean": 0.08})

RECIPE = recipe(
    "photo",
    "Removes noise of a known or estimated level from photographs, colour and gray.",
    WIDTHS,
    BLOCKS,
    MIX,
    minutes=120,
)
