"""Training on the JAX backend, where Keras keeps the state of a run outside the model between its epochs."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest

HERE = Path(__file__).parent


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="the other tests show it")
def test_runs_of_every_kind_work_on_jax() -> None:
    files = [HERE / "test_fit.py", HERE / "test_photo_denoiser.py"]
    chosen = "between_rounds or resumed or stages or experts_stay"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *files, "-k", chosen],
        env={**os.environ, "KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "5 passed" in done.stdout
