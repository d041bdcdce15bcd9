"""A network as the peers use it: the service's own, compiled the same way. Importing this module loads TensorFlow."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from benchmarks.pictures import SIGMA
from models.inference import for_inference
from models.loader import denoiser_of, load
from models.pixels import LEVELS, ByteImage, to_bytes, to_float
from models.processor import has_bfloat16
from models.store import BUNDLED, newest, verify

POLICIES = {False: "float32", True: "mixed_bfloat16"}


class Network:
    """A denoiser for batches of uint8 pictures, told that the noise is `SIGMA`; made for pictures of one `side`.

    It is the bundled artifact's network after models.inference, so with the service's own precision and speed: what
    differs between peers is the serving. `threads` are TensorFlow's for one kernel.
    """

    def __init__(self, name: str, threads: int, side: int, largest_batch: int = 1) -> None:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        model = for_inference(denoiser_of(load(verify(newest(BUNDLED, name)))), POLICIES[has_bfloat16()])
        self._takes_sigma = "sigma" in model.input
        self._run = _compiled(model)
        channels = model.input["image"].shape[-1]
        for batch in range(1, largest_batch + 1):
            self(np.zeros((batch, side, side, channels), np.uint8))

    def __call__(self, pictures: ByteImage) -> ByteImage:
        """Return (N, H, W, C) denoised."""
        image = to_float(pictures)
        feed = {"image": tf.constant(image)}
        if self._takes_sigma:
            feed["sigma"] = tf.fill((*image.shape[:3], 1), np.float32(SIGMA / LEVELS))
        return to_bytes(self._run(feed).numpy())


def _compiled(model: keras.Model) -> Any:
    signature = {
        name: tf.TensorSpec((None, *tensor.shape[1:]), tf.float32, name) for name, tensor in model.input.items()
    }
    return tf.function(lambda feed: model(feed, training=False), autograph=False).get_concrete_function(signature)
