"""A loaded model: compiled once for any picture size, warmed. Importing this module loads TensorFlow."""

import threading
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from models.card import ModelCard
from models.denoising import Feed
from models.loader import ENCODER, load
from models.pixels import FloatImage
from models.store import Artifact, ArtifactError

PRECISION = "float32"


class TensorFlowEngine:
    """One model, traced once; one batch at a time, since TensorFlow itself spreads a batch over all cores."""

    def __init__(self, artifact: Artifact) -> None:
        if keras.backend.backend() != "tensorflow":
            raise ArtifactError(f"serving needs Keras' TensorFlow backend; KERAS_BACKEND is {keras.backend.backend()}")
        self.card: ModelCard = artifact.card
        self.device = "gpu" if tf.config.list_logical_devices("GPU") else "cpu"
        self.precision = PRECISION
        model = load(artifact)
        self._lock = threading.Lock()
        self._run = _traced(model, model.input)
        self._encode: Callable[[Feed], Any] | None = None
        if self.card.embedding:
            encoder = model.get_layer(ENCODER)
            self._encode = _traced(lambda feed, training: encoder(feed["image"], training=training), model.input)

    def run(self, feed: Feed) -> FloatImage:
        """Return the network's output, (N, H, W, C) float32, for inputs by name."""
        return self._call(self._run, feed)

    def encode(self, feed: Feed) -> FloatImage:
        """Return the embeddings, (N, dimension) float32. Raises TypeError for a model without an encoder."""
        if self._encode is None:
            raise TypeError(f"{self.card.reference} has no encoder")
        return self._call(self._encode, feed)

    def warm(self, tile: int) -> None:
        """Run once at the sizes that come, so that no request pays for what TensorFlow sets up on the first run."""
        spec = self.card.input
        sizes = [(spec.height, spec.width)] if spec.height and spec.width else [(spec.multiple * 8,) * 2, (tile, tile)]
        for height, width in sizes:
            feed = {"image": np.zeros((1, height, width, spec.channels), np.float32)}
            if "sigma" in self.card.controls:
                feed["sigma"] = np.zeros((1, height, width, 1), np.float32)
            self.run(feed)
            if self._encode is not None:
                self.encode(feed)

    def _call(self, function: Callable[[Feed], Any], feed: Feed) -> FloatImage:
        with self._lock:
            return np.asarray(function({name: tf.constant(value) for name, value in feed.items()}))


def _traced(model: Callable[..., Any], inputs: dict[str, Any]) -> Callable[[Feed], Any]:
    """Return `model` as one graph with a fixed signature: TensorFlow never traces it again."""
    signature = {name: tf.TensorSpec((None, *tensor.shape[1:]), tf.float32, name) for name, tensor in inputs.items()}
    function = tf.function(lambda feed: model(feed, training=False), autograph=False)
    concrete: Callable[[Feed], Any] = function.get_concrete_function(signature)
    return concrete
