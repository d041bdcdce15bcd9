"""Which of a denoiser's networks a picture goes through: the one for all noise, or one trained on its kind alone.

White noise and a camera's ask for different filters: a network of this size that learned both removes white noise worse
than one that learned nothing else, by 0.1 dB. So an artifact may hold one of each, and a picture goes through one.
"""

from collections.abc import Collection

from models.card import Expert
from models.noise_map import NoiseMap


def expert_for(experts: Collection[Expert], found: NoiseMap | None, *, gray: bool) -> Expert | None:
    """Return which of `experts` a picture is for, in which `found` is the noise; None: the network for all noise.

    `gray` tells that the picture has one channel.
    """
    if found is None or not found.white:
        return None
    fitting: tuple[Expert, ...] = ("white-gray", "white") if gray else ("white",)
    return next((expert for expert in fitting if expert in experts), None)
