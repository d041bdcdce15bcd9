"""The exhibits, by name, in the order of the page. One file an exhibit; each says its command, time and figures."""

from training.gallery.exhibit import Exhibit
from training.gallery.exhibits import (
    digits_ae,
    digits_anomaly,
    digits_denoise,
    digits_dense,
    digits_latent2d,
    digits_simple,
    photo_ae,
    photo_boxes,
    sine,
    sine_cosine,
    single_image,
    vector,
)

_MODULES = (
    sine,
    sine_cosine,
    vector,
    single_image,
    digits_simple,
    digits_dense,
    digits_latent2d,
    digits_ae,
    digits_denoise,
    digits_anomaly,
    photo_ae,
    photo_boxes,
)
EXHIBITS: dict[str, Exhibit] = {module.EXHIBIT.name: module.EXHIBIT for module in _MODULES}
