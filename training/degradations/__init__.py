"""Noise models, each once: training, evaluation and tests draw from here."""

from training.degradations.boxes import blacked_out, box_mask, boxes
from training.degradations.gaussian import gaussian, gaussian_clipped
from training.degradations.impulse import salt_and_pepper
from training.degradations.jpeg import jpeg
from training.degradations.levels import noise_level
from training.degradations.mix import Degraded, Mix
from training.degradations.poisson import poisson
from training.degradations.resize import resized
from training.degradations.speckle import speckle

__all__ = [
    "Degraded",
    "Mix",
    "blacked_out",
    "box_mask",
    "boxes",
    "gaussian",
    "gaussian_clipped",
    "jpeg",
    "noise_level",
    "poisson",
    "resized",
    "salt_and_pepper",
    "speckle",
]
