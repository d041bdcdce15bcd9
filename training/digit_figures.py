"""Measuring the digits' models, with what simple methods reach beside it."""

from collections.abc import Sequence

import keras
import numpy as np

from models.autoencoding import unit_length
from models.card import Figure, ModelCard
from models.pixels import ByteImage, FloatImage, to_bytes, to_float
from training.degradations import gaussian_clipped
from training.digits import SIDE, Digits, Part, test_part, training_part
from training.inference import encoder_of, run_in_batches, runner
from training.metrics import binary_cross_entropy, nearest_neighbour_accuracy, psnr, squared_error_per_image

SIGMA = 127.5
"""The Keras tutorials' noise factor, 0.5, on the 0-255 scale."""

NOISE = "noise factor 0.5: sigma 127.5, one default_rng(0) for all images in file order, clipped to 0-1, not rounded"
NEIGHBOURS = 5


def figures(card: ModelCard, model: keras.Model, digits: Digits) -> list[Figure]:
    """Measure `model` on the test images. Raises ValueError for a model that is not for digits."""
    fixed = (card.input.height, card.input.width)
    if card.input.channels != 1 or "sigma" in card.controls or fixed not in {(None, None), (SIDE, SIDE)}:
        raise ValueError(f"{card.reference} is not a model for digits: measure it on a folder of pictures")
    if card.task == "denoise":
        return denoiser_figures(model, test_part(digits))
    normalize = card.embedding is not None and card.embedding.normalize
    return autoencoder_figures(model, training_part(digits), test_part(digits), normalize=normalize)


def denoiser_figures(model: keras.Model, part: Part) -> list[Figure]:
    """Return the PSNR of the denoised images of `part`, of median-filtered ones and of the noisy ones.

    As everywhere, PSNR is the mean of the images' own. For the model there is also the PSNR of the squared error
    pooled over all images, which is lower (Jensen's inequality) and which others report.
    """
    from scipy.ndimage import median_filter

    noisy = _noisy(part)
    restored = to_bytes(run_in_batches(runner(model), noisy))
    filtered = to_bytes(median_filter(noisy, size=(1, 3, 3, 1)))
    values = {
        "PSNR": _mean_psnr(part.images, restored),
        "PSNR of the pooled squared error": psnr(part.images, restored),
        "PSNR of a 3x3 median filter": _mean_psnr(part.images, filtered),
        "PSNR of the noisy images": _mean_psnr(part.images, to_bytes(noisy)),
    }
    protocol = f"{NOISE}; output clipped and rounded to 8 bits"
    return [_figure(part, metric, value, "dB", protocol, SIGMA) for metric, value in values.items()]


def _noisy(part: Part) -> FloatImage:
    return gaussian_clipped(to_float(part.images), SIGMA, np.random.default_rng(0))


def _mean_psnr(clean: ByteImage, restored: ByteImage) -> float:
    return float(np.mean([psnr(*pair) for pair in zip(clean, restored, strict=True)]))


def autoencoder_figures(model: keras.Model, gallery: Part, queries: Part, *, normalize: bool) -> list[Figure]:
    """Return how well `queries` are reconstructed and how well their embedding tells their labels, noisy ones' too.

    Beside it stands PCA of the embedding's dimension, fitted to the images of `gallery`. The nearest neighbours of a
    query are sought among `gallery`. With `normalize`, the embeddings of both methods are scaled to unit length.
    """
    images = (to_float(gallery.images), to_float(queries.images), _noisy(queries))
    embeddings = [run_in_batches(encoder_of(model), each) for each in images]
    dimension = embeddings[0].shape[1]
    pca_embeddings, pca_output = _pca(images, dimension)
    method = f" of PCA at {dimension}"
    return [
        *_reconstruction_figures(queries, run_in_batches(runner(model), images[1]), ""),
        *_reconstruction_figures(queries, pca_output, method),
        *_neighbour_figures(gallery, queries, embeddings, "", normalize=normalize),
        *_neighbour_figures(gallery, queries, pca_embeddings, method, normalize=normalize),
    ]


def _pca(images: Sequence[FloatImage], dimension: int) -> tuple[list[FloatImage], FloatImage]:
    """Return the embeddings of (gallery, queries, noisy queries) and the queries' reconstruction, clipped to 0-1."""
    from sklearn.decomposition import PCA

    flat = [each.reshape(len(each), -1) for each in images]
    pca = PCA(dimension, random_state=0).fit(flat[0])
    embeddings = [pca.transform(each) for each in flat]
    output = pca.inverse_transform(embeddings[1])
    return embeddings, np.clip(output, 0.0, 1.0).reshape(images[1].shape).astype(np.float32)


def _reconstruction_figures(part: Part, output: FloatImage, method: str) -> list[Figure]:
    target, protocol = to_float(part.images), "targets are the pixels in 0-1; output clipped to 0-1, not rounded"
    return [
        _figure(part, f"binary cross-entropy{method}", binary_cross_entropy(target, output), "nats/pixel", protocol),
        _figure(part, f"squared error{method}", squared_error_per_image(target, output), "per image", protocol),
    ]


def _neighbour_figures(
    gallery: Part, queries: Part, embeddings: Sequence[FloatImage], method: str, *, normalize: bool
) -> list[Figure]:
    """Return the accuracies of the embeddings of (gallery, queries, noisy queries)."""
    known, clean, noisy = (unit_length(each) if normalize else each for each in embeddings)
    metric = f"{NEIGHBOURS}-nearest-neighbour accuracy{method}"
    length = "scaled to unit length" if normalize else "as they are"
    protocol = f"Euclidean, embeddings {length}; neighbours among the {len(gallery.images)} {gallery.name} images"
    shares = [
        nearest_neighbour_accuracy(known, gallery.labels, each, queries.labels, NEIGHBOURS) for each in (clean, noisy)
    ]
    return [
        _figure(queries, metric, 100 * shares[0], "%", protocol),
        _figure(queries, f"{metric}, noisy queries", 100 * shares[1], "%", f"{protocol}; {NOISE}", SIGMA),
    ]


def _figure(part: Part, metric: str, value: float, unit: str, protocol: str, sigma: float | None = None) -> Figure:
    return Figure(
        metric=metric,
        value=round(value, 5),
        unit=unit,
        dataset=part.name,
        images=len(part.images),
        sigma=sigma,
        protocol=protocol,
        backend=keras.backend.backend(),
        precision="float32",
    )
