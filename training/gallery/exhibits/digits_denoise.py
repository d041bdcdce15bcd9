"""`digits-denoise`: strong noise taken off handwritten digits, beside the Keras tutorial's own network.

Command:  python -m training gallery --only digits-denoise  (the model alone: python -m training fit digits-denoise)
Expected: 9 minutes, of which the tutorial's network gets as many as ours had; 21.0 dB with ours, and 93 % of the
          accuracy that the noise had taken from a classifier; the tutorial's, after 7.6 minutes, 19.8 dB and 87 %.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import keras
import numpy as np

from models.pixels import ByteImage, to_bytes, to_float
from training.degradations import gaussian_clipped
from training.digit_figures import SIGMA
from training.digits import Part, test_part, training_part
from training.gallery.digit_peers import trained_classifier, trained_denoiser
from training.gallery.digit_pictures import one_of_each
from training.gallery.drawing import rows_of_pictures
from training.gallery.exhibit import Exhibit, Shown, Table
from training.gallery.studio import Studio
from training.inference import run_in_batches, runner
from training.metrics import psnr

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CLEAN, NOISY, TUTORIAL, OURS = "clean", "noisy", "denoised: the tutorial's", "denoised: ours"
EPOCHS = 4


def _make(studio: Studio) -> Shown:
    card, ours = studio.model("digits-denoise")
    part, training = test_part(studio.digits()), training_part(studio.digits())
    minutes = card.training.minutes
    tutorial, steps = trained_denoiser(training, 0.0 if studio.fast else minutes)
    images = _images(part, {TUTORIAL: tutorial, OURS: ours})
    accuracy = _accuracies(trained_classifier(training, studio.scaled(EPOCHS, 1)), images, part)
    quality = {name: _mean_psnr(part.images, each) for name, each in images.items() if name != CLEAN}
    return Shown(
        picture=_picture(images, part),
        alt="Four rows of ten digits: clean; nearly lost in noise; denoised by the tutorial's network, softer and with "
        "broken strokes; denoised by ours, sharp and close to the clean ones.",
        table=_table(quality, accuracy),
        text=f"Gaussian noise of the tutorials' factor 0.5 (sigma {SIGMA:g} of 255), clipped, on all test images. Ours "
        f"is the artifact that the service serves, {card.reference}: {card.parameters:,} parameters, "
        f"{minutes:g} minutes of training with fresh noise for every image. The tutorial's network, "
        f"{tutorial.count_params():,} parameters, was trained as it says for as long, {steps:,} steps of 128 images. "
        "A small classifier that has seen clean digits alone then reads all four: the last column is the share of the "
        "accuracy taken by the noise that denoising gives back. PSNR is the mean of the images' own, output rounded "
        "to 8 bits.",
        headline=f"{quality[OURS]:.2f} dB; the tutorial's network: {quality[TUTORIAL]:.2f} dB",
    )


def _images(part: Part, denoisers: Mapping[str, keras.Model]) -> dict[str, ByteImage]:
    """Return the clean, the noisy and the denoised images; the networks get the noisy ones before they are rounded."""
    noisy = gaussian_clipped(to_float(part.images), SIGMA, np.random.default_rng(0))
    restored = {name: to_bytes(run_in_batches(runner(model), noisy)) for name, model in denoisers.items()}
    return {CLEAN: part.images, NOISY: to_bytes(noisy), **restored}


def _accuracies(classifier: keras.Model, images: Mapping[str, ByteImage], part: Part) -> dict[str, float]:
    """Return the share of the images of each kind that the classifier reads right."""
    answers = {name: run_in_batches(runner(classifier), to_float(each)).argmax(axis=1) for name, each in images.items()}
    return {name: float(np.mean(found == part.labels)) for name, found in answers.items()}


def _mean_psnr(clean: ByteImage, restored: ByteImage) -> float:
    return float(np.mean([psnr(*pair) for pair in zip(clean, restored, strict=True)]))


def _table(quality: Mapping[str, float], accuracy: Mapping[str, float]) -> Table:
    lost = max(accuracy[CLEAN] - accuracy[NOISY], 1e-9)
    rows = [(CLEAN, "-", f"{accuracy[CLEAN]:.2%}", "-")]
    for name, value in quality.items():
        share = f"{(accuracy[name] - accuracy[NOISY]) / lost:.1%}" if name != NOISY else "-"
        rows.append((name, f"{value:.2f} dB", f"{accuracy[name]:.2%}", share))
    return Table(("images", "PSNR", "classifier's accuracy", "of the lost accuracy"), tuple(rows))


def _picture(images: Mapping[str, ByteImage], part: Part) -> "Figure":
    return rows_of_pictures(
        [(name.replace(": ", ":\n"), one_of_each(Part(name, each, part.labels))) for name, each in images.items()]
    )


EXHIBIT = Exhibit("digits-denoise", "Digits out of the noise", _make, minutes=9)
