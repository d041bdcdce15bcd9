"""An artifact's network in OpenVINO. Importing this module loads TensorFlow and OpenVINO."""

import tempfile
from typing import Any

import numpy as np
import openvino
import tensorflow as tf

from app.settings import Precision
from models.denoising import Feed, Run
from models.loader import denoiser_of, load
from models.pixels import FloatImage
from models.processor import has_bfloat16
from models.store import Artifact

HINTS = {"float32": "f32", "bfloat16": "bf16"}


def openvino_engine(artifact: Artifact, precision: Precision) -> Run:
    """Return the network as a function, compiled for each shape when it first comes."""
    core, graph = openvino.Core(), _graph(artifact)
    known = precision if precision != "auto" else ("bfloat16" if has_bfloat16() else "float32")
    hints = {"INFERENCE_PRECISION_HINT": HINTS[known], "PERFORMANCE_HINT": "LATENCY"}
    compiled: dict[tuple[int, ...], Any] = {}

    def run(feed: Feed) -> FloatImage:
        shape = feed["image"].shape
        if shape not in compiled:
            fixed = graph.clone()
            fixed.reshape({name: openvino.PartialShape(list(value.shape)) for name, value in feed.items()})
            compiled[shape] = core.compile_model(fixed, "CPU", hints).create_infer_request()
        return np.asarray(next(iter(compiled[shape].infer(dict(feed), share_inputs=True).values())))

    return run


def _graph(artifact: Artifact) -> Any:
    """Return the artifact's graph for any batch and size, its inputs named as the model's."""
    model = denoiser_of(load(artifact))
    signature = {
        name: tf.TensorSpec((None, *tensor.shape[1:]), tf.float32, name) for name, tensor in model.input.items()
    }
    module = tf.Module()
    module.model = model  # so that its variables are saved too
    module.run = tf.function(lambda **feed: model(feed, training=False), autograph=False)
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(module, folder, signatures=module.run.get_concrete_function(**signature))
        return openvino.convert_model(folder)
