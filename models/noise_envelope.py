"""Where a few blocks seem noisier than others as bright as they are, what they have is texture.

After the lower envelope of Liu, Freeman, Szeliski and Kang, "Noise estimation from a single image" (CVPR 2006): a
sensor's noise is a matter of brightness, and the smoothest parts of each brightness show it best.
"""

import numpy as np
import numpy.typing as npt

from models.pixels import Mask

QUANTILE = 0.1
"""Which of the levels at one brightness counts as the smoothest parts': the least alone would be a lucky block's."""

MOST = 2.0
"""How many times as much noise a block may have: cameras reduce it more where a picture is smooth."""

STEPS, REACH = 17, 0.125
"""At how many brightnesses from black to white, and from how far around each, blocks are compared."""

FEWEST = 20
"""Blocks that can be compared."""

DARKEST, BRIGHTEST = 0.03, 0.97
"""Beyond, noise is clipped: such blocks show less than others have."""

_Doubles = npt.NDArray[np.float64]


def capped(levels: _Doubles, brightness: _Doubles, counted: Mask) -> _Doubles:
    """Return `levels`, any shape, of any scale that starts at 0, none more than `MOST` times the envelope.

    `brightness`, alike, is the mean of each block's pixels, 0-1; `counted` tells which blocks are compared.
    """
    compared = counted & (brightness >= DARKEST) & (brightness <= BRIGHTEST)
    places = np.linspace(0.0, 1.0, STEPS)
    known, lowest = [], []
    for place in places:
        alike = levels[compared & (np.abs(brightness - place) <= REACH)]
        if alike.size >= FEWEST:
            known.append(place)
            lowest.append(np.quantile(alike, QUANTILE))
    if not known:
        return levels
    return np.asarray(np.minimum(levels, MOST * np.interp(brightness, known, lowest)))
