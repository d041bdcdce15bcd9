"""A whole camera: everything that is random about one, drawn once and applied to both pictures of a pair."""

from dataclasses import dataclass

import numpy as np

from models.pixels import FloatImage, to_bytes, to_float
from training.degradations.camera.development import Development
from training.degradations.camera.finishing import Finishing
from training.degradations.camera.sensor import Sensor
from training.degradations.jpeg import GRID, jpeg
from training.degradations.resize import softened

COMPRESSED_SHARE = 0.75
SUBSAMPLED_SHARE = 0.5
QUALITIES = (80, 99)
SOFT_SHARE, SOFTENING = 0.8, (1.3, 3.0)
"""A camera's own files show less detail in a pixel than the pictures of a training set, which were scaled down."""


@dataclass(frozen=True)
class Camera:
    """A camera at some ISO. `quality` is that of its JPEG files, None: they are rounded to 8 bits alone.

    `magnification` is how much larger it shows things than the picture that it is shown: of that, the middle is used.

    The chain is that of CBDNet (Guo et al., "Toward Convolutional Blind Denoising of Real Photographs", CVPR 2019) with
    the steps of Brooks et al. (CVPR 2019); `subsampled` and `origin` are those of `jpeg`.
    """

    softening: float
    development: Development
    sensor: Sensor
    finishing: Finishing
    quality: int | None
    subsampled: bool
    origin: tuple[int, int]

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "Camera":
        """Return a random camera at a random ISO."""
        quality = int(rng.integers(QUALITIES[0], QUALITIES[1] + 1))
        row, column = (int(each) for each in rng.integers(GRID, size=2))
        softening = float(rng.uniform(*SOFTENING))
        return cls(
            softening=softening if rng.random() < SOFT_SHARE else 1.0,
            development=Development.draw(rng),
            sensor=Sensor.draw(rng),
            finishing=Finishing.draw(rng),
            quality=quality if rng.random() < COMPRESSED_SHARE else None,
            subsampled=bool(rng.random() < SUBSAMPLED_SHARE),
            origin=(row, column),
        )

    def shoot(self, picture: FloatImage, rng: np.random.Generator) -> tuple[FloatImage, FloatImage]:
        """Return `picture`, (H, W, 3) float32 in 0-1, sides even, as the camera shows it: (noisy, clean).

        `clean` is what the mean of many shots tends to: it went through the same chain without noise, compression and
        rounding, is as soft or sharp as `noisy`, and as dark as the response makes noise on average. `noisy` has values
        of 8 bits.
        """
        if self.softening > 1:
            picture = np.clip(softened(picture, self.softening), 0.0, 1.0)
        light = self.development.unprocess(picture)
        noisy, clean = self.sensor.expose(light, rng)
        developed = self.development.process(noisy), self.development.expected(clean, self.sensor.variance(clean))
        noisy, clean = self.finishing.finish(*developed)
        return self._stored(noisy), np.clip(clean, 0.0, 1.0)

    def _stored(self, picture: FloatImage) -> FloatImage:
        if self.quality is None:
            return to_float(to_bytes(picture))
        return jpeg(picture, self.quality, subsampled=self.subsampled, origin=self.origin)
