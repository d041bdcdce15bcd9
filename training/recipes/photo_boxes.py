"""`photo-boxes`: photographs with boxes blacked out, filled in.

Command:  python -m training fit photo-boxes --data FOLDER_OF_PHOTOGRAPHS --minutes 60
Expected: 76 minutes, 43 of them of one Zen 4 core's time (16,900 steps), reach 22.74 dB in the boxes and 32.95 dB
          overall on 21 held-out photographs, without the mask 22.71 and 32.87 dB (cv2.inpaint: 21.05 and 31.26 dB).
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
