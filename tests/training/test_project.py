"""The command `project`: embeddings of pictures as the service makes them, and a plane of them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from models.autoencoding import to_input, unit_length
from models.loader import load
from models.store import BUNDLED, newest, verify
from training.__main__ import main
from training.inference import encoder_of


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photographs in two subfolders and one beside them, which lies on its side as its EXIF data say."""
    path = tmp_path_factory.mktemp("pictures")
    for label, name in (("people", "astronaut"), ("people", "camera"), ("things", "coffee"), ("things", "coins")):
        (path / label).mkdir(exist_ok=True)
        Image.fromarray(getattr(data, name)()).resize((64, 48)).save(path / label / f"{name}.png")
    lying = Image.fromarray(data.chelsea()).resize((64, 48))
    exif = lying.getexif()
    exif[0x0112] = 6
    lying.save(path / "lying.jpg", exif=exif)
    return path


def project(source: Path, out: Path, *options: str, model: str = "digits-ae") -> int:
    return main(["project", model, "--data", str(source), "--out", str(out), *options])


def test_embeddings_of_a_folder_are_the_services(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert project(folder, tmp_path / "new", "--perplexity", "2") == 0
    found = np.load(tmp_path / "new" / "embeddings.npz")
    assert found["embeddings"].shape == (5, 32)
    assert found["embeddings"].dtype == np.float32
    assert found["names"].tolist()[:2] == ["lying.jpg", "people/astronaut.png"]
    assert found["labels"].tolist() == ["", "people", "people", "things", "things"]
    artifact = verify(newest(BUNDLED, "digits-ae"))
    with Image.open(folder / "things" / "coffee.png") as image:
        alone = to_input(np.asarray(image), artifact.card.input)
    expected = unit_length(encoder_of(load(artifact))({"image": alone[None]}))[0]
    assert found["embeddings"][3] == pytest.approx(expected, abs=1e-5)
    assert capsys.readouterr().out.count("wrote ") == 2


def test_photographs_are_turned_upright(folder: Path, tmp_path: Path) -> None:
    turned = tmp_path / "turned"
    turned.mkdir()
    with Image.open(folder / "lying.jpg") as image:
        upright = image.transpose(Image.Transpose.ROTATE_270)
    for angle in (0, 10, 20):
        upright.rotate(angle).save(turned / f"{angle}.png")
    assert project(turned, tmp_path) == 0
    project(folder, tmp_path / "other")
    vectors = [np.load(each / "embeddings.npz")["embeddings"][0] for each in (tmp_path, tmp_path / "other")]
    assert vectors[0] == pytest.approx(vectors[1], abs=1e-5)
    assert "labels" not in np.load(tmp_path / "embeddings.npz")


def test_digits_have_their_labels(digits_file: Path, arrays: dict[str, np.ndarray], tmp_path: Path) -> None:
    assert project(digits_file, tmp_path, "--perplexity", "5") == 0
    found = np.load(tmp_path / "embeddings.npz")
    assert found["labels"].tolist() == [str(label) for label in arrays["y_test"]]
    assert np.linalg.norm(found["embeddings"], axis=1) == pytest.approx(np.ones(100), abs=1e-5)
    with Image.open(tmp_path / "scatter.png") as image:
        assert image.width <= 1400
        assert len(image.convert("RGB").quantize(64).getcolors()) > 10


def test_too_high_a_perplexity_is_reduced(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert project(folder, tmp_path) == 0
    assert "perplexity 30 is too high for 5 pictures: taking 1.33333" in capsys.readouterr().err


def test_unreadable_pictures_are_named_and_passed_over(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "no.png").write_bytes(b"no picture")
    for name in "ab":
        Image.new("L", (8, 8), 99).save(broken / f"{name}.png")
    assert project(broken, tmp_path) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("no.png: passed over, not a readable image")
    assert lines[1] == f"training project: {broken} has 2 readable pictures: needs 3 or more"
    assert not (tmp_path / "embeddings.npz").exists()


def test_equal_pictures_have_no_places(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in "abc":
        Image.new("L", (28, 28), 99).save(tmp_path / f"{name}.png")
    assert project(tmp_path, tmp_path / "out") == 1
    assert "all have the same embedding" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("photo", f"photo@{newest(BUNDLED, 'photo').name} is no autoencoder"),
        ("nothing", "no model nothing"),
        ("digits-ae", "no images below"),
    ],
)
def test_what_can_not_be_projected_is_one_line(
    model: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert project(tmp_path, tmp_path / "out", model=model) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"training project: {message}")


@pytest.mark.parametrize("perplexity", ["0", "nan", "inf", "many"])
def test_a_perplexity_is_a_number_of_neighbours(perplexity: str, tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        project(tmp_path, tmp_path, "--perplexity", perplexity)
