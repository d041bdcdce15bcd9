"""Photographs at a high ISO: from the picture back to the sensor, noise there, and through the camera again."""

from training.degradations.camera.pipeline import SOFTENING, Camera

__all__ = ["SOFTENING", "Camera"]
