"""`photo-boxes`: photographs with boxes blacked out, filled in.

Command:  python -m training fit photo-boxes --data FOLDER_OF_PHOTOGRAPHS --minutes 60
"""

from training.photo_inpainter import recipe

WIDTHS = (32, 64, 128)
BLOCKS = (1, 1, 3)

RECIPE = recipe(
    "photo-boxes",
    "Fills in what black boxes or a mask hide in photographs.",
    WIDTHS,
    BLOCKS,
    minutes=60,
)
