"""From a verified artifact to a Keras model. Importing this module loads Keras and its backend."""

import tempfile
from pathlib import Path
from typing import get_args

import keras

import models.layers  # noqa: F401  registers the layers that artifacts may contain
from models.card import MODEL_FILE, Expert
from models.store import Artifact, ArtifactError

ENCODER, DECODER = "encoder", "decoder"
"""The names of an autoencoder's two nested submodels: picture to embedding, and back."""

DENOISER, ESTIMATOR = "denoiser", "estimator"
"""The names of the two nested submodels of a blind denoiser: image and level to image, and image to levels."""


def load(artifact: Artifact) -> keras.Model:
    """Return the artifact's model, uncompiled. Raises ArtifactError when Keras can't read it.

    Keras reads a private copy of the verified bytes, so a file exchanged meanwhile can't slip in.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / MODEL_FILE
        path.write_bytes(artifact.model)
        try:
            model = keras.saving.load_model(path, compile=False, safe_mode=True)
        except Exception as error:  # a broken file makes Keras raise whatever it stumbles over
            reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
            raise ArtifactError(f"{artifact.card.reference}: Keras can't load it: {reason}") from error
    return model


def denoiser_of(model: keras.Model) -> keras.Model:
    """Return the network that denoises: a nested submodel of a blind denoiser, any other model itself."""
    parts = {layer.name: layer for layer in model.layers}
    return parts.get(DENOISER, model)


def experts_of(model: keras.Model) -> dict[Expert, keras.Model]:
    """Return the networks for one kind of noise that are nested in a blind denoiser, by their names."""
    parts = {layer.name: layer for layer in model.layers}
    return {name: parts[name] for name in get_args(Expert) if name in parts}


def networks_of(model: keras.Model) -> tuple[keras.Model, ...]:
    """Return all that denoise, of which a picture goes through one: the network for all noise, then the experts."""
    return denoiser_of(model), *experts_of(model).values()


def autoencoder_of(model: keras.Model) -> keras.Model:
    """Return an autoencoder as a model of one output, the picture, whatever it was trained to give beside that."""
    outputs = model.output
    return keras.Model(model.input, outputs["image"]) if isinstance(outputs, dict) else model
