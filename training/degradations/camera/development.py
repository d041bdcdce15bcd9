"""From a picture back to the light on the sensor, and the same way forth: gains, colour matrix, gamma, tone curve.

After Brooks et al., "Unprocessing Images for Learned Raw Denoising" (CVPR 2019), and their published code.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.pixels import FloatImage

GAMMA = 2.2
BRIGHTENING, BRIGHTENING_SPREAD = 0.8, 0.1
RED_GAINS, BLUE_GAINS = (1.9, 2.4), (1.5, 1.9)
CURVED_SHARE = 0.6
"""How many cameras have a tone curve beside the gamma."""
HIGHLIGHT = 0.9
"""From where on gains are not taken back in full: white must stay white."""
NODES = ((-math.sqrt(3), 1 / 6), (0.0, 2 / 3), (math.sqrt(3), 1 / 6))
"""Places, in standard deviations, and weights that average a function over a normal distribution."""

XYZ_TO_CAMERA = np.array(
    [
        [[1.0234, -0.2969, -0.2266], [-0.5625, 1.6328, -0.0469], [-0.0703, 0.2188, 0.6406]],
        [[0.4913, -0.0541, -0.0202], [-0.6130, 1.3513, 0.2906], [-0.1564, 0.2151, 0.7183]],
        [[0.8380, -0.2630, -0.0639], [-0.2887, 1.0725, 0.2496], [-0.0627, 0.1427, 0.5438]],
        [[0.6596, -0.2079, -0.0562], [-0.4782, 1.3016, 0.1933], [-0.0970, 0.1581, 0.5181]],
    ]
)
"""The colour matrices of the four cameras of the Darmstadt Noise Dataset, as the paper's code has them."""
SRGB_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
"""IEC 61966-2-1, white point D65."""


@dataclass(frozen=True)
class Development:
    """How a camera turns raw light into a picture.

    `cameras` are the weights of the published colour matrices, `gains` those of red, green and blue; `curved` adds the
    smoothstep as a tone curve. Pictures are (…, H, W, 3) float32.
    """

    cameras: tuple[float, ...]
    gains: tuple[float, float, float]
    curved: bool

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "Development":
        """Return a random one, distributed as in the paper but for the tone curve, which the paper always has."""
        weights = rng.random(len(XYZ_TO_CAMERA))
        # 1 at most: with a gain below 1 a full sensor would not be white.
        gain = 1.0 / float(np.clip(rng.normal(BRIGHTENING, BRIGHTENING_SPREAD), BRIGHTENING / 2, 1.0))
        red, blue = float(rng.uniform(*RED_GAINS)), float(rng.uniform(*BLUE_GAINS))
        return cls(
            cameras=tuple(float(weight) for weight in weights / weights.sum()),
            gains=(red * gain, gain, blue * gain),
            curved=bool(rng.random() < CURVED_SHARE),
        )

    @cached_property
    def _to_camera(self) -> FloatImage:
        """The matrix from linear sRGB to the camera's colours; its rows sum to 1, so that gray stays gray."""
        matrix = np.tensordot(np.array(self.cameras), XYZ_TO_CAMERA, axes=1) @ SRGB_TO_XYZ
        return np.asarray(matrix / matrix.sum(axis=1, keepdims=True), dtype=np.float32)

    def unprocess(self, picture: FloatImage) -> FloatImage:
        """Return the light that `picture`, 0-1, was made of, at most 1; `process` of it is the picture again.

        Colours out of the camera's gamut come out negative, and highlights lose what a sensor can't hold.
        """
        curve = _inverse_smoothstep(picture) if self.curved else picture
        linear = np.power(np.maximum(curve, 0.0), np.float32(GAMMA))
        return np.minimum(self._without_gains(linear @ self._to_camera.T), np.float32(1.0))

    def process(self, light: FloatImage) -> FloatImage:
        """Return the picture, clipped to 0-1, that a camera makes of demosaiced `light`."""
        return self._toned(self._linear(light))

    def expected(self, light: FloatImage, variance: FloatImage) -> FloatImage:
        """Return the mean of `process` over noise of that `variance` (H, W, 3), white and independent in the channels.

        It isn't `process` of the mean: gamma and clipping at white darken what is noisy, clipping at black brightens
        it, and what is white in spite of its noise has none left. By Gauss-Hermite quadrature with three nodes, before
        colours mix and after.
        """
        balanced = [self._balanced(each) for each in _spread(light, np.sqrt(variance))]
        mean = _averaged(balanced)
        left = _averaged([np.square(each - mean) for each in balanced]) @ np.square(self._from_camera).T
        return _averaged([self._toned(each) for each in _spread(mean @ self._from_camera.T, np.sqrt(left))])

    def _toned(self, linear: FloatImage) -> FloatImage:
        picture = np.clip(linear, 0.0, 1.0)
        np.power(picture, np.float32(1 / GAMMA), out=picture)
        return _smoothstep(picture) if self.curved else picture

    def _linear(self, light: FloatImage) -> FloatImage:
        """Return linear sRGB of `light`."""
        return np.asarray(self._balanced(light) @ self._from_camera.T, dtype=np.float32)

    def _balanced(self, light: FloatImage) -> FloatImage:
        """Return `light` with the gains; what they lift above white is clipped before colours mix, or it had a hue."""
        return np.minimum(light @ np.diag(self.gains).astype(np.float32), np.float32(1.0))

    @cached_property
    def _from_camera(self) -> FloatImage:
        return np.asarray(np.linalg.inv(self._to_camera), dtype=np.float32)

    def _without_gains(self, light: FloatImage) -> FloatImage:
        """Divide by the gains (1 or more), but the less the closer to white."""
        inverse = 1.0 / np.array(self.gains)
        divided = np.asarray(light @ np.diag(inverse).astype(np.float32), dtype=np.float32)
        # In three equal channels, as NumPy is several times slower where it must repeat one.
        gray = light @ np.full((3, 3), 1 / 3, np.float32)
        if gray.max() > HIGHLIGHT:
            highlight = np.square(np.maximum(gray - np.float32(HIGHLIGHT), 0.0) * np.float32(1.0 / (1.0 - HIGHLIGHT)))
            divided += highlight * (light @ np.diag(1.0 - inverse).astype(np.float32))
        return divided


def _spread(mean: FloatImage, deviation: FloatImage) -> list[FloatImage]:
    """Return the values of a normal distribution at `NODES`."""
    return [mean + np.float32(node) * deviation for node, _ in NODES]


def _averaged(values: Sequence[FloatImage]) -> FloatImage:
    """Return the mean over a normal distribution of a function with these `values` at `NODES`."""
    return np.asarray(sum(value * np.float32(weight) for value, (_, weight) in zip(values, NODES, strict=True)))


def _smoothstep(values: FloatImage) -> FloatImage:
    # In place, as is the gamma: most of the time would go into fresh memory.
    steep = values * np.float32(-2.0)
    steep += np.float32(3.0)
    steep *= values
    steep *= values
    return steep


def _inverse_smoothstep(values: FloatImage) -> FloatImage:
    angle = np.arcsin(1.0 - 2.0 * np.clip(values, 0.0, 1.0)) * np.float32(1 / 3)
    return np.asarray(0.5 - np.sin(angle), dtype=np.float32)
