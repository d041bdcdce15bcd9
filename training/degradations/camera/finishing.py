"""What a camera does to a developed picture: noise reduction, which spreads noise over pixels, and sharpening."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from models.pixels import FloatImage, to_gray

LUMA_SHARE, LUMA_RADII = 0.75, (0.45, 1.6)
CHROMA_SHARE, CHROMA_RADII = 0.85, (0.7, 4.0)
DETAIL_SHARE = 0.5
SHARPENED_SHARE, SHARPENING, SHARPENING_RADIUS = 0.35, (0.2, 0.8), 1.0

_TRUNCATE = 2.5
"""Where Gaussian windows end, in standard deviations."""


@dataclass(frozen=True)
class Finishing:
    """Gaussian smoothing of luma and chroma, standard deviations in pixels, and an unsharp mask; 0: none.

    With `keeps_detail` only the noise is smoothed: filters that spare edges do that, ideally.
    """

    luma: float
    chroma: float
    keeps_detail: bool
    sharpening: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "Finishing":
        """Return a random one; each stage with a probability of its own."""
        return cls(
            luma=_sometimes(LUMA_SHARE, LUMA_RADII, rng),
            chroma=_sometimes(CHROMA_SHARE, CHROMA_RADII, rng),
            keeps_detail=bool(rng.random() < DETAIL_SHARE),
            sharpening=_sometimes(SHARPENED_SHARE, SHARPENING, rng),
        )

    def finish(self, noisy: FloatImage, clean: FloatImage) -> tuple[FloatImage, FloatImage]:
        """Return both of a pair (H, W, 3) float32 after the same stages; not clipped."""
        noise = self._smoothed(noisy - clean)
        if not self.keeps_detail:
            clean = self._smoothed(clean)
        return self._sharpened(clean + noise), self._sharpened(clean)

    def _smoothed(self, picture: FloatImage) -> FloatImage:
        """Smooth luma and colour differences, as in YCbCr: what is done to all differences alike needs no matrix."""
        luma = to_gray(picture)
        chroma = picture - luma
        return _blurred(luma, self.luma) + _blurred(chroma, self.chroma)

    def _sharpened(self, picture: FloatImage) -> FloatImage:
        if not self.sharpening:
            return picture
        luma = to_gray(picture)
        return picture + np.float32(self.sharpening) * (luma - _blurred(luma, SHARPENING_RADIUS))


def _sometimes(share: float, bounds: tuple[float, float], rng: np.random.Generator) -> float:
    value = float(rng.uniform(*bounds))
    return value if rng.random() < share else 0.0


def _blurred(picture: FloatImage, radius: float) -> FloatImage:
    if not radius:
        return picture
    return np.asarray(ndimage.gaussian_filter(picture, (radius, radius, 0), mode="mirror", truncate=_TRUNCATE))
