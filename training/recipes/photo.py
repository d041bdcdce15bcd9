"""`photo`: the default denoiser for photographs.

Command:  python -m training fit photo --data FOLDER_OF_PHOTOGRAPHS --minutes 120
          python -m training fit photo --data FOLDER_OF_PHOTOGRAPHS --from runs/artifacts/photo/1 --only white
Expected: on two Zen 4 cores, one network for all noise: 54 minutes (24,900 steps) 33.63 / 30.92 / 27.62 dB on CBSD68 at
          sigma 15 / 25 / 50 (float protocol); 132 more 33.67 / 30.97 / 27.71 (`photo` 7). From that, on two Zen 5
          cores, parts alone at --rate 4e-4 to 6e-4, `white` 24 and 12 minutes, `white-gray` 14 (from `white`), `image`
          15, `noise` 7 (`photo` 8): 33.77 / 31.09 / 27.86 dB, in gray (BSD68) 31.46 / 29.01 / 26.11, real noise (cc15)
          37.42 dB, `image` as the mean of its weights before and after. Then another estimator, --only noise
          --rate 6e-4, on two slower cores without AVX-512: `--estimator photo-best` 18 minutes (`photo` 9), on one of
          them 50 more (`photo` 10): clean photographs come back 1 to 1.5 dB better, cc15 37.39 dB, the rest as it was.
          Then --only image --rate 4e-4, 62 minutes on one core with AMX (`photo` 11): cc15 37.46 dB.
"""

from models.card import Expert
from training.degradations import Mix
from training.photo_denoiser import recipe

WIDTHS = (48, 96)
BLOCKS = (2, 2)
FAR, INSIDE = 3, (14, 21)
"""An estimator that looks as far as `photo-best`'s, narrower inside: what the tier's multiplications leave for it."""
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
    far=FAR,
    inside=INSIDE,
    experts=EXPERTS,
    image_mix=IMAGE_MIX,
)
