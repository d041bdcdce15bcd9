"""Training on the JAX backend, where Keras keeps the state of a run outside the model between its epochs."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest

HERE = Path(__file__).parent


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="the other tests show it")
@pytest.mark.parametrize(
    ("file", "chosen", "passed"),
    [
        ("test_fit.py", "between_rounds or resumed or stages", 3),
        ("test_photo_denoiser.py", "blind_artifact or trained_alone", 2),
    ],
)
def test_runs_of_every_kind_work_on_jax(file: str, chosen: str, passed: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", HERE / file, "-k", chosen],
        env={**os.environ, "KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert f"{passed} passed" in done.stdout
