"""Training on the JAX backend, where Keras keeps the state of a run outside the model between its epochs."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest

RUNS = Path(__file__).parent / "test_fit.py"


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="the other tests show it")
def test_stages_rates_and_checkpoints_work_on_jax() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", RUNS, "-k", "between_rounds or resumed or stages"],
        env={**os.environ, "KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout
