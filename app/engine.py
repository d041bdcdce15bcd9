"""A loaded model: traced once, warmed for every shape and batch that comes. Importing this loads TensorFlow."""

import copy
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from app.batching import batch_sizes, shapes
from app.scheduler import LANES
from app.settings import Device, Precision
from models.card import Expert, ModelCard
from models.complexity import kmac_per_pixel
from models.denoising import Feed
from models.estimating import COLOURS
from models.inference import POLICIES, for_inference
from models.loader import ENCODER, ESTIMATOR, autoencoder_of, denoiser_of, experts_of, load
from models.pixels import FloatImage
from models.processor import has_bfloat16
from models.store import Artifact, ArtifactError
from models.tiles import Shape

logger = logging.getLogger(__name__)

UNIT_OVERHEAD = 25e6
"""What cutting, feeding and stitching a unit costs beside the network, in multiply-accumulates of the same time."""

NARROWNESS = 1.5
"""How much longer a multiply-accumulate takes in an estimator's narrow layers than in a denoiser's wide ones."""


def use(device: Device, threads: int) -> None:
    """Choose the device and the number of threads of a kernel, once a process, before any model is loaded.

    Of a GPU's memory, TensorFlow then takes what it needs, not all there is at once: others may use it too. Raises
    ArtifactError where `gpu` is asked for and there is none. A TensorFlow that runs already keeps its settings.
    """
    gpus = tf.config.list_physical_devices("GPU")
    if device == "gpu" and not gpus:
        raise ArtifactError("LIMPID_DEVICE is gpu, but TensorFlow finds none here")
    try:
        if device == "cpu":
            tf.config.set_visible_devices([], "GPU")
        for gpu in tf.config.get_visible_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(LANES)
    except RuntimeError:
        logger.debug("TensorFlow runs already: its devices and threads stay as they are")


class TensorFlowEngine:
    """One model. Several threads may run it at the same time."""

    def __init__(self, artifact: Artifact, precision: Precision = "auto") -> None:
        if keras.backend.backend() != "tensorflow":
            raise ArtifactError(f"serving needs Keras' TensorFlow backend; KERAS_BACKEND is {keras.backend.backend()}")
        self.card: ModelCard = artifact.card
        self.device = "gpu" if tf.config.list_logical_devices("GPU") else "cpu"
        self.device_name = _name_of_gpu()
        self.precision = self._precision(precision)
        self.traces = 0
        self.trial: tuple[float, float] | None = None
        model = load(artifact)
        network = denoiser_of(model) if self.card.task == "denoise" else autoencoder_of(model)
        self._kmac_per_pixel = self.card.kmac_per_pixel
        self._channels: dict[str, int] = {name: tensor.shape[-1] for name, tensor in network.input.items()}
        if self.card.task == "denoise":
            self._run, self._run_float32 = self._denoisers(network)
        else:
            self._run = self._run_float32 = self._traced(network, network.input)
        self._encode: Callable[[Feed], Any] | None = None
        if self.card.embedding:
            self._encode = self._traced_alone(model.get_layer(ENCODER))
        self._estimate: Callable[[Feed], Any] | None = None
        if self.card.estimator:
            # In bfloat16 the levels of weak noise, up to 5, would move by 1 to 5 %.
            self._estimate = self._traced_alone(for_inference(model.get_layer(ESTIMATOR), POLICIES["float32"]))
        self.experts: Mapping[Expert, TensorFlowEngine] = self._with_experts(model)

    def run(self, feed: Feed) -> FloatImage:
        """Return the network's output, (N, H, W, C) float32, for inputs by name."""
        return _call(self._run, feed)

    def run_float32(self, feed: Feed) -> FloatImage:
        """Return the same as `run`, computed in float32 whatever the engine's precision: what 16-bit pixels need."""
        return _call(self._run_float32, feed)

    def encode(self, feed: Feed) -> FloatImage:
        """Return the embeddings, (N, dimension) float32. Raises TypeError for a model without an encoder."""
        if self._encode is None:
            raise TypeError(f"{self.card.reference} has no encoder")
        return _call(self._encode, feed)

    def estimate(self, feed: Feed) -> FloatImage:
        """Return what models.noise_map makes a map of, (N, H / BLOCK, W / BLOCK, 2 or 3) float32.

        Computed in float32, whatever the engine's precision is. Raises TypeError for a model without an estimator.
        """
        if self._estimate is None:
            raise TypeError(f"{self.card.reference} has no noise estimator")
        return _call(self._estimate, feed)

    def cost(self, shape: Shape) -> float:
        """Return what a picture of `shape` costs in this network, in multiply-accumulates."""
        return _cost(self._kmac_per_pixel, shape)

    def estimate_cost(self, shape: Shape) -> float:
        """Return what its noise level costs, in multiply-accumulates of a denoiser in float32.

        Raises TypeError for a model without an estimator.
        """
        if self.card.estimator is None:
            raise TypeError(f"{self.card.reference} has no noise estimator")
        return _cost(NARROWNESS * self.card.estimator.kmac_per_pixel, shape)

    def warm(self, tile: int, *, every_shape: bool = True) -> None:
        """Run every batch of every shape that comes, so that no request pays for what a first run sets up.

        `tile` is the longest side of a tile. The kernels of a shape and batch are made in its first run. `trial` is
        the work and the seconds of one more run, of the largest shape and the dearest network. A second graph in
        float32 is left cold: its first run costs 0.03 s more than others, that of a shape some milliseconds. So is an
        estimator's but for its largest shape: the first runs of the others cost 3 to 8 milliseconds each, together a
        second of the start. And so, unless `every_shape` is wanted, are all but the largest: up to 20 milliseconds each
        on a CPU. Experts have layers like those of the network for all noise, and with them its kernels: they run once.
        """
        if self.card.estimator:
            self.estimate({"image": np.zeros((1, *shapes(self.card.estimator, tile)[-1], COLOURS), np.float32)})
        possible = shapes(self.card.input, tile)
        for shape in possible if every_shape else possible[-1:]:
            for size in batch_sizes(shape):
                feed = self._blank(size, shape)
                self.run(feed)
                if self._encode is not None:
                    self.encode(feed)
        feed = self._blank(1, shape)
        for expert in self.experts.values():
            expert.run(feed)
        dearest = max((self, *self.experts.values()), key=lambda engine: engine.cost(shape))
        started = time.perf_counter()
        dearest.run(feed)
        self.trial = dearest.cost(shape), time.perf_counter() - started

    def _blank(self, size: int, shape: Shape) -> Feed:
        return {name: np.zeros((size, *shape, count), np.float32) for name, count in self._channels.items()}

    def _precision(self, asked: Precision) -> str:
        """Return what the model is computed in.

        Autoencoders stay in float32: the quantiles of their anomaly scores were measured with it, and they are small.
        """
        if self.card.task != "denoise":
            return "float32"
        if asked != "auto":
            return asked
        return "bfloat16" if self.device == "cpu" and has_bfloat16() else "float32"

    def _denoisers(self, model: keras.Model) -> tuple[Callable[[Feed], Any], Callable[[Feed], Any]]:
        """Return `model` as graphs in the engine's precision and in float32: one and the same where that is its own."""
        exact = self._fast(model, "float32")
        return (exact if self.precision == "float32" else self._fast(model, self.precision)), exact

    def _with_experts(self, model: keras.Model) -> "dict[Expert, TensorFlowEngine]":
        """Return this engine with each of the experts in `model` in the place of its denoiser, all else shared.

        Raises ArtifactError where they are not those of the card.
        """
        networks = experts_of(model)
        if set(networks) != set(self.card.experts):
            there, named = (", ".join(sorted(names)) or "none" for names in (networks, self.card.experts))
            raise ArtifactError(f"{self.card.reference}: the card names the experts {named}, the model has {there}")
        if networks:
            self._kmac_per_pixel = kmac_per_pixel(denoiser_of(model))
        experts = {}
        for name, network in networks.items():
            expert = experts[name] = copy.copy(self)
            expert._run, expert._run_float32 = self._denoisers(network)
            expert._kmac_per_pixel = kmac_per_pixel(network)
            expert.experts = {}
        return experts

    def _fast(self, model: keras.Model, precision: str) -> Callable[[Feed], Any]:
        return self._traced(for_inference(model, POLICIES[precision]), model.input)

    def _traced_alone(self, part: keras.Model) -> Callable[[Feed], Any]:
        """Return a part of a model, which takes an image alone, as a graph."""
        return self._traced(lambda feed, training: part(feed["image"], training=training), {"image": part.input})

    def _traced(self, model: Callable[..., Any], inputs: dict[str, Any]) -> Callable[[Feed], Any]:
        """Return `model` as one graph with a fixed signature, which TensorFlow never traces again; `traces` counts."""

        def traced(feed: Feed) -> Any:
            self.traces += 1
            return model(feed, training=False)

        signature = {
            name: tf.TensorSpec((None, *tensor.shape[1:]), tf.float32, name) for name, tensor in inputs.items()
        }
        concrete: Callable[[Feed], Any] = tf.function(traced, autograph=False).get_concrete_function(signature)
        return concrete


def _name_of_gpu() -> str | None:
    """Return what its maker calls the GPU that networks run on, None where they run on the CPU."""
    visible = tf.config.get_visible_devices("GPU")
    details = tf.config.experimental.get_device_details(visible[0]) if visible else {}
    name: str | None = details.get("device_name")
    return name


def _cost(kmac_per_pixel: float, shape: Shape) -> float:
    return 1000 * kmac_per_pixel * shape[0] * shape[1] + UNIT_OVERHEAD


def _call(function: Callable[[Feed], Any], feed: Feed) -> FloatImage:
    return np.asarray(function({name: tf.constant(value) for name, value in feed.items()}))
