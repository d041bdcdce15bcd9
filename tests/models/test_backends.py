"""An artifact means the same on two backends."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from models.store import BUNDLED, find, newest, verify

NAMES = tuple(find(BUNDLED))
BACKENDS = ("tensorflow", "jax")
OTHER_OUTPUTS = {
    "photo": {"noise", "white", "white-gray"},
    "photo-best": {"noise", "white"},
    "photo-ae": {"embedding"},
}
"""What models give beside the picture."""

RUN = """
import sys
from pathlib import Path
import keras
import numpy as np
from models.loader import load
from models.store import BUNDLED, newest, verify
for name in sys.argv[2:]:
    folder = Path(sys.argv[1]) / name
    outputs = load(verify(newest(BUNDLED, name)))(dict(np.load(folder / "feed.npz")), training=False)
    named = outputs if isinstance(outputs, dict) else {"image": outputs}
    arrays = {each: keras.ops.convert_to_numpy(value) for each, value in named.items()}
    np.savez(folder / f"{keras.backend.backend()}.npz", **arrays)
"""


def feed_of(name: str) -> dict[str, np.ndarray]:
    card = verify(newest(BUNDLED, name)).card
    rng = np.random.default_rng(0)
    height, width = card.input.height or 64, card.input.width or 96
    feed = {"image": rng.random((2, height, width, card.input.channels), dtype=np.float32)}
    if "sigma" in card.controls:
        feed["sigma"] = np.full((2, height, width, 1), 0.1, np.float32)
    if "mask" in card.controls:
        feed["mask"] = (rng.random((2, height, width, 1)) < 0.1).astype(np.float32)
    return feed


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the inputs and outputs of each model are, one process a backend having run them all."""
    folder = tmp_path_factory.mktemp("backends")
    for name in NAMES:
        (folder / name).mkdir()
        np.savez(folder / name / "feed.npz", **feed_of(name))
    command = [sys.executable, "-c", RUN, folder, *NAMES]
    running = [subprocess.Popen(command, env={**os.environ, "KERAS_BACKEND": backend}) for backend in BACKENDS]
    assert [process.wait(timeout=200) for process in running] == [0, 0]
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_tensorflow_and_jax_agree(folder: Path, name: str) -> None:
    feed, ours, theirs = (dict(np.load(folder / name / f"{each}.npz")) for each in ("feed", *BACKENDS))
    assert ours["image"].shape == feed["image"].shape
    assert ours.keys() == theirs.keys() == {"image"} | OTHER_OUTPUTS.get(name, set())
    for output, values in ours.items():
        assert np.abs(values - theirs[output]).max() < 1e-4, output
