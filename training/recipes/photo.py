"""`photo`: the default denoiser for photographs.

Command:  python -m training fit photo --data FOLDER_OF_PHOTOGRAPHS --minutes 120
Expected: 54 minutes on two Zen 4 cores that had much other work (24,900 steps) reached 33.63 / 30.92 / 27.62 dB on
          CBSD68 at sigma 15 / 25 / 50 (float protocol); 38 more 33.65 / 30.95 / 27.67 (`photo` 6); 94 more, from that
          with --rate 8e-4 --decay-from 0.45 (53,800 steps), 33.67 / 30.97 / 27.71 dB, and after 9 minutes of
          the estimator alone (--only noise --decay-from 0.4) 37.27 dB on the real photographs of cc15 with sigma=auto.
"""

from models.card import Expert
from training.degradations import Mix
from training.photo_denoiser import recipe

WIDTHS = (48, 96)
BLOCKS = (2, 2)
MIX = Mix({"gaussian": 0.55, "camera": 0.27, "mixed": 0.08, "jpeg": 0.02, "clean": 0.08})
ESTIMATOR_MIX = Mix(
    {"gaussian": 0.3, "camera": 0.38, "mixed": 0.08, "gaussian-jpeg": 0.06, "jpeg": 0.02, "clean": 0.16}, soft_share=0.4
)
"""More of what a level is hard to tell of."""

IMAGE_MIX = Mix({"gaussian": 0.1, "camera": 0.52, "mixed": 0.18, "gaussian-jpeg": 0.1, "jpeg": 0.02, "clean": 0.08})
"""What is left to the network for all noise once there are experts: little of what is theirs."""
WHITE = {"gaussian": 0.98, "clean": 0.02}
EXPERTS: dict[Expert, Mix] = {
    "white": Mix(WHITE, weak_share=0.1),
    "white-gray": Mix(WHITE, weak_share=0.1, gray_share=1.0),
}

RECIPE = recipe(
    "photo",
    "Removes noise of a known or estimated level from photographs, colour and gray.",
    WIDTHS,
    BLOCKS,
    MIX,
    estimator_mix=ESTIMATOR_MIX,
    minutes=120,
    experts=EXPERTS,
    image_mix=IMAGE_MIX,
)
