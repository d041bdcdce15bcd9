"""Measuring an autoencoder of photographs: pictures given back and pictures found again, beside PCA."""

from collections.abc import Callable, Sequence

import keras
import numpy as np

from models.autoencoding import to_input
from models.card import Anomaly, Figure, Input
from models.loader import ENCODER, autoencoder_of
from models.pixels import ByteImage, FloatImage, to_bytes
from training.anomalies import anomaly_of
from training.brightness import brightness
from training.inference import encoder_of, run_in_batches, runner
from training.metrics import psnr, ssim
from training.retrieval import DISTURBANCES, recall_at_1

HELD_OUT = "held-out training photographs"

Encode = Callable[[FloatImage], FloatImage]


def spec_of(model: keras.Model) -> Input:
    """Return what `model` takes."""
    _, height, width, channels = autoencoder_of(model).inputs[0].shape
    return Input(channels=channels, height=height, width=width)


def figures(
    model: keras.Model, training: Sequence[ByteImage], pictures: Sequence[ByteImage], dataset: str = HELD_OUT
) -> list[Figure]:
    """Return how well `pictures` are reconstructed and found again, and how well PCA does, fitted to `training`.

    Without `training` there is no PCA.
    """
    spec = spec_of(model)
    inputs = _inputs(pictures, spec)
    disturbed = {name: _disturbed(pictures, name, spec) for name in DISTURBANCES}
    run, encode = runner(autoencoder_of(model)), encoder_of(model)
    found = _quality(inputs, run_in_batches(run, inputs, 50), dataset, "")
    found += _recalls(lambda images: run_in_batches(encode, images, 50), inputs, disturbed, dataset, "")
    if training:
        components = _Components(_inputs(training, spec), model.get_layer(ENCODER).output.shape[-1])
        method = f" of PCA at {components.dimension}"
        found += _quality(inputs, components.decode(components.encode(inputs), inputs), dataset, method)
        found += _recalls(components.encode, inputs, disturbed, dataset, method)
    return found


def anomaly(model: keras.Model, pictures: Sequence[ByteImage]) -> Anomaly:
    """Return where the errors of held-out `pictures` lie."""
    inputs = _inputs(pictures, spec_of(model))
    return anomaly_of(inputs, run_in_batches(runner(autoencoder_of(model)), inputs, 50))


class _Components:
    """Principal components of standardised pictures: what a linear autoencoder of the same dimension can do at best."""

    def __init__(self, pictures: FloatImage, dimension: int) -> None:
        from sklearn.decomposition import PCA

        both = np.concatenate([pictures, pictures[:, :, ::-1]])
        self.dimension = min(dimension, len(both))
        self._pca = PCA(self.dimension, svd_solver="randomized", random_state=0).fit(_standard(both))

    def encode(self, pictures: FloatImage) -> FloatImage:
        return np.asarray(self._pca.transform(_standard(pictures)), np.float32)

    def decode(self, embeddings: FloatImage, originals: FloatImage) -> FloatImage:
        """Return pictures with the brightness and the contrast of `originals`."""
        standard = self._pca.inverse_transform(embeddings).reshape(originals.shape)
        mean, deviation = brightness(originals)
        return np.asarray(standard * deviation + mean, np.float32)


def _standard(pictures: FloatImage) -> FloatImage:
    mean, deviation = brightness(pictures)
    return np.asarray((pictures - mean) / deviation, np.float32).reshape(len(pictures), -1)


def _inputs(pictures: Sequence[ByteImage], spec: Input) -> FloatImage:
    return np.stack([to_input(picture, spec) for picture in pictures])


def _disturbed(pictures: Sequence[ByteImage], name: str, spec: Input) -> FloatImage:
    disturb = DISTURBANCES[name]
    return _inputs([disturb(picture, np.random.default_rng(0)) for picture in pictures], spec)


def _quality(inputs: FloatImage, output: FloatImage, dataset: str, method: str) -> list[Figure]:
    pairs = [(to_bytes(one), to_bytes(other)) for one, other in zip(inputs, output, strict=True)]
    protocol = f"whole pictures at {inputs.shape[2]} x {inputs.shape[1]}; output clipped and rounded to 8 bits"
    return [
        _figure(f"PSNR{method}", float(np.mean([psnr(*pair) for pair in pairs])), "dB", dataset, len(pairs), protocol),
        _figure(f"SSIM{method}", float(np.mean([ssim(*pair) for pair in pairs])), "", dataset, len(pairs), protocol),
    ]


def _recalls(
    encode: Encode, inputs: FloatImage, disturbed: dict[str, FloatImage], dataset: str, method: str
) -> list[Figure]:
    gallery = encode(inputs)
    protocol = f"queries are all {len(inputs)} pictures, disturbed at their own size; cosine; default_rng(0) a picture"
    return [
        _figure(f"recall@1 after {name}{method}", recall_at_1(gallery, encode(each)), "", dataset, len(each), protocol)
        for name, each in disturbed.items()
    ]


def _figure(metric: str, value: float, unit: str, dataset: str, images: int, protocol: str) -> Figure:
    return Figure(
        metric=metric,
        value=round(value, 4),
        unit=unit,
        dataset=dataset,
        images=images,
        protocol=protocol,
        backend=keras.backend.backend(),
        precision="float32",
    )
