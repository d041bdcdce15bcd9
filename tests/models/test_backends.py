"""An artifact means the same on two backends."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from models.store import BUNDLED, newest, verify

RUN = """
import sys
import numpy as np
from models.loader import load
from models.store import BUNDLED, newest, verify
from training.inference import runner
feed = dict(np.load(sys.argv[2]))
np.save(sys.argv[3], runner(load(verify(newest(BUNDLED, sys.argv[1]))))(feed))
"""


@pytest.mark.parametrize("name", ["photo", "digits-denoise", "digits-ae"])
def test_tensorflow_and_jax_agree(name: str, tmp_path: Path) -> None:
    card = verify(newest(BUNDLED, name)).card
    rng = np.random.default_rng(0)
    height, width = card.input.height or 64, card.input.width or 96
    feed = {"image": rng.random((2, height, width, card.input.channels), dtype=np.float32)}
    if "sigma" in card.controls:
        feed["sigma"] = np.full((2, height, width, 1), 0.1, np.float32)
    np.savez(tmp_path / "feed.npz", **feed)
    outputs = {}
    for backend in ("tensorflow", "jax"):
        target = tmp_path / f"{backend}.npy"
        subprocess.run(
            [sys.executable, "-c", RUN, name, tmp_path / "feed.npz", target],
            env={**os.environ, "KERAS_BACKEND": backend},
            check=True,
            timeout=200,
        )
        outputs[backend] = np.load(target)
    assert outputs["tensorflow"].shape == feed["image"].shape
    assert np.abs(outputs["tensorflow"] - outputs["jax"]).max() < 1e-4
