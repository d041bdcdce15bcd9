"""What a model's card says is what /encode does: its controls, and whether its embedding is of unit length."""

from pathlib import Path

import numpy as np
import pytest

from models.card import CARD_FILE, MODEL_FILE, Embedding, read_card
from models.store import BUNDLED
from tests.conftest import png
from tests.http.conftest import Connect
from tests.http.test_errors import assert_problem

NAME = "digits-flat"
PICTURE = png(np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8))


@pytest.fixture
def artifacts(tmp_path: Path) -> Path:
    """The repository's artifacts, and an autoencoder whose embedding is a place in a plane: its length counts."""
    for each in BUNDLED.iterdir():
        (tmp_path / each.name).symlink_to(each)
    source, folder = BUNDLED / "digits-ae" / "1", tmp_path / NAME / "1"
    folder.mkdir(parents=True)
    (folder / MODEL_FILE).write_bytes((source / MODEL_FILE).read_bytes())
    changes = {"name": NAME, "embedding": Embedding(dimension=2, normalize=False), "controls": ("normalize",)}
    (folder / CARD_FILE).write_text(read_card(source).model_copy(update=changes).model_dump_json())
    return tmp_path


async def test_embedding_in_a_plane_keeps_its_length_unless_asked(connect: Connect, artifacts: Path) -> None:
    async with connect(artifacts_dir=artifacts, models=f"photo,digits-ae,{NAME}") as client:
        bodies = [
            (await client.post("/encode", content=PICTURE, params={"model": NAME, **options})).json()
            for options in ({}, {"normalize": "false"}, {"normalize": "true"})
        ]
        other = (await client.post("/encode", content=PICTURE, params={"model": "digits-ae"})).json()
    default, raw, unit = bodies
    assert (default["normalized"], raw["normalized"], unit["normalized"]) == (False, False, True)
    assert default["embedding"] == raw["embedding"]
    assert np.linalg.norm(raw["embedding"]) != pytest.approx(1, abs=0.01)
    assert np.linalg.norm(unit["embedding"]) == pytest.approx(1, abs=1e-5)
    assert other["normalized"] is True


@pytest.mark.parametrize("path", ["/encode", "/reconstruct"])
async def test_model_without_the_option_paper_refuses_it(connect: Connect, artifacts: Path, path: str) -> None:
    async with connect(artifacts_dir=artifacts, models=f"photo,digits-ae,{NAME}") as client:
        response = await client.post(path, content=PICTURE, params={"model": NAME, "paper": True})
    assert_problem(response, 422, "invalid_parameter", f"paper is no option of {NAME}; its options: normalize")
