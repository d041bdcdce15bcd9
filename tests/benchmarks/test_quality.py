"""The comparison of picture quality: its peers, figures, tables and crops. No time is asserted."""

from itertools import product
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from benchmarks.quality import crops, ours, peers
from benchmarks.quality.__main__ import main
from benchmarks.quality.cases import EXAMPLES, Case, example, examples, with_noise, with_real_noise
from benchmarks.quality.measure import GUESSES, NOISY, Method, Score, best, ssim
from benchmarks.quality.ours import VARIANTS, Variant, photo_denoisers
from benchmarks.quality.peers import PEERS, missing
from benchmarks.quality.run import run
from benchmarks.quality.tables import document, level_table, real_table
from models.noise_map import NoiseMap
from tests.conftest import png, psnr
from tests.conftest import with_noise as noisy_of

STUB = Method("Limpid `stub`, sigma told", NOISY.results, told=True)
CLASSICAL = [peer for peer in PEERS if not missing(peer)]


def case(clean: np.ndarray, sigma: float | None = 25.0) -> Case:
    return Case("tiny", noisy_of(clean), clean, sigma)


def show_nothing(*_: object) -> None:
    pass


@pytest.fixture
def tiny(photograph: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(photograph[60:124, 120:184])


@pytest.fixture
def pairs(tmp_path: Path, tiny: np.ndarray) -> Path:
    folder = tmp_path / "camera"
    folder.mkdir()
    for name in "ab":
        (folder / f"{name}_real.png").write_bytes(png(noisy_of(tiny, 8)))
        (folder / f"{name}_mean.png").write_bytes(png(tiny))
    return folder


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_come_with_scikit_image(name: str) -> None:
    picture = example(name)
    assert picture.dtype == np.uint8
    assert picture.ndim == 3
    assert picture.shape[2] in (1, 3)


@pytest.mark.parametrize("name", crops.CORNERS)
def test_crops_lie_within_the_pictures(name: str) -> None:
    assert crops.cropped(name, example(name)).shape == (crops.SIDE, crops.SIDE, 3)


@pytest.mark.parametrize("method", CLASSICAL, ids=lambda method: method.name)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("sigma", [25.0, None])
def test_classical_methods_denoise(tiny: np.ndarray, method: Method, channels: int, sigma: float | None) -> None:
    picture, score = best(method, given := case(tiny[..., :channels], sigma))
    assert picture.shape == given.clean.shape
    assert score.psnr == pytest.approx(psnr(given.clean, picture))
    assert score.psnr > psnr(given.clean, given.noisy) + 1
    assert score.ssim > ssim(given.clean, given.noisy)
    assert score.seconds > 0


def test_all_that_remove_noise_from_photographs_take_part() -> None:
    assert photo_denoisers() == ["photo", "photo-best"]


@pytest.mark.parametrize("model", ["photo-boxes", "digits-denoise"])
def test_a_model_that_is_told_no_level_is_one_line(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--models", model])
    assert f"error: {model} is told no noise level: those that are, are photo, photo-best" in capsys.readouterr().err


def test_a_picture_that_can_not_be_read_is_one_line(
    tiny: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cut.png").write_bytes(png(tiny)[:2000])
    with pytest.raises(SystemExit):
        main(["--data", str(tmp_path), "--models", "--out", str(tmp_path / "out")])
    assert "cut.png: " in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_a_picture_without_noise_stays_as_it_is(
    variant: Variant, tiny: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in the service: its engine's networks, which this one has not, do not run."""
    monkeypatch.setattr(ours, "blind_level", lambda *_: NoiseMap(np.full((8, 8), 0.5, np.float32)))
    (result,) = ours._results(SimpleNamespace(experts={}), variant, tiny, [0.0])
    assert np.array_equal(result, tiny)


def test_best_setting_is_that_of_the_best_psnr(tiny: np.ndarray) -> None:
    seen = []

    def settings(noisy: np.ndarray, levels: list[float]):
        seen.append(levels)
        for error in (30, 3, 10):
            yield np.clip(tiny.astype(int) + error, 0, 255).astype(np.uint8)

    picture, _ = best(Method("three", settings), case(tiny))
    assert np.array_equal(picture, np.clip(tiny.astype(int) + 3, 0, 255))
    best(Method("three", settings), case(tiny, sigma=None))
    assert seen == [(25.0,), GUESSES]


def test_ssim_is_one_for_the_picture_itself(tiny: np.ndarray) -> None:
    assert ssim(tiny, tiny) == pytest.approx(1)
    assert 0 < ssim(tiny, noisy_of(tiny)) < 1


def test_bm3d_gets_gray_and_colour_as_it_wants_them(monkeypatch: pytest.MonkeyPatch, tiny: np.ndarray) -> None:
    """Not installed here: its licence allows no commercial use."""
    shapes = []

    def stub(values: np.ndarray, sigma: float) -> np.ndarray:
        shapes.append((values.shape, round(sigma * 255)))
        return np.asarray(values, np.float64)

    monkeypatch.setattr(peers, "import_module", lambda _: SimpleNamespace(bm3d=stub, bm3d_rgb=stub))
    for channels in (1, 3):
        clean = tiny[..., :channels]
        assert all(np.array_equal(each, clean) for each in peers.block_matching(clean, [25.0]))
    assert shapes == [((64, 64), level) for level in (20, 25, 30)] + [((64, 64, 3), level) for level in (20, 25, 30)]


def test_peers_that_are_not_installed_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "find_spec", lambda _: None)
    assert [missing(peer) for peer in PEERS if missing(peer)] == ["pywt", "pywt", "bm3d"]


def test_run_scores_every_picture_at_every_level(tmp_path: Path, tiny: np.ndarray) -> None:
    for name in "ab":
        (tmp_path / f"{name}.png").write_bytes(png(tiny))
    data = with_noise(tmp_path, [15.0, 50.0])
    scores = run(data, [NOISY, STUB], show_nothing)
    assert data.count == 2
    assert {level: len(found) for level, found in scores[STUB.name].items()} == {15.0: 2, 50.0: 2}
    assert scores[NOISY.name][15.0][0].psnr > scores[NOISY.name][50.0][0].psnr > 10


def test_real_noise_is_told_to_nobody(pairs: Path) -> None:
    data = with_real_noise(pairs)
    blind = Method("Limpid `stub`, sigma=auto", NOISY.results)
    scores = run(data, [NOISY, STUB, blind], show_nothing)
    assert (data.name, data.count, data.real) == ("camera", 2, True)
    assert list(scores) == [NOISY.name, blind.name]
    assert len(scores[blind.name][None]) == 2
    page = document(data, scores, ["one is not here"])
    assert "Nobody is told a level" in page
    assert "- one is not here" in page


def test_missing_half_of_a_pair_is_named(pairs: Path) -> None:
    (pairs / "b_mean.png").unlink()
    with pytest.raises(ValueError, match=r"b_real\.png lacks b_mean\.png"):
        with_real_noise(pairs)


def test_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no images"):
        with_noise(tmp_path, [25.0])
    with pytest.raises(ValueError, match="no pairs"):
        with_real_noise(tmp_path)


def test_limit_takes_the_first_pictures(pairs: Path) -> None:
    assert with_real_noise(pairs, 1).count == 1
    assert [each.name for each in examples([15.0, 25.0], 1).cases()] == ["astronaut", "astronaut"]


def test_table_by_level_holds_means_and_the_median_time() -> None:
    scores = [Score(psnr, ssim, seconds, (psnr,)) for psnr, ssim, seconds in ((30, 0.8, 1), (31, 0.9, 2), (28, 0.7, 9))]
    levels = {15.0: scores[:2], 25.0: scores[2:]}
    table = level_table({"noisy": levels, "a filter": levels}, [15.0, 25.0])
    assert table.header == ["method", "sigma 15: PSNR / SSIM", "sigma 25: PSNR / SSIM", "s/MP"]
    assert table.rows == [
        ["noisy", "30.50 / 0.850", "28.00 / 0.700", "-"],
        ["a filter", "30.50 / 0.850", "28.00 / 0.700", "2.00"],
    ]


def test_table_of_real_noise_tells_the_gain_and_that_of_one_setting() -> None:
    noisy = [Score(30.0, 0.8, 0.0, (30.0,)), Score(32.0, 0.8, 0.0, (32.0,))]
    filtered = [Score(33.0, 0.9, 0.5, (33.0, 32.0, 31.0)), Score(34.0, 0.9, 0.5, (31.0, 33.5, 34.0))]
    table = real_table({"noisy": {None: noisy}, "a filter": {None: filtered}})
    assert table.header == ["method", "PSNR", "SSIM", "gain", "PSNR, one setting", "s/MP"]
    assert table.rows == [
        ["noisy", "31.00", "0.800", "-", "31.00", "-"],
        ["a filter", "33.50", "0.900", "+2.50", "32.75", "0.50"],
    ]


def test_each_setting_is_scored_and_the_best_one_kept(tiny: np.ndarray) -> None:
    case = Case("x", tiny, tiny, None)
    three = Method("three", lambda noisy, _: [noisy // 4, noisy, noisy // 2])
    picture, score = best(three, case)
    assert np.array_equal(picture, tiny)
    assert [score.settings.index(value) for value in sorted(score.settings)] == [0, 2, 1]
    assert max(score.settings) == score.psnr


def test_crops_show_the_level_and_the_methods_asked_for(tmp_path: Path) -> None:
    hidden = Method("hidden", NOISY.results, in_crops=False)
    kept = crops.Crops(25.0)
    for name, sigma, method in product(("astronaut", "brick", "camera"), (15.0, 25.0), (NOISY, STUB, hidden)):
        clean = example(name)
        kept.show(Case(name, clean // 2, clean, sigma), method, clean // 2)
    kept.save(tmp_path)
    step = crops.SIDE + crops.GAP
    # Noisy, the stub and clean; astronaut and camera, as nothing is shown of the brick.
    size = (3 * step - crops.GAP, crops.TITLE_HEIGHT + 2 * step - crops.GAP)
    with Image.open(tmp_path / "crops-sigma25.png") as image:
        assert image.size == size
        pixels = np.asarray(image)
    clean = pixels[crops.TITLE_HEIGHT : crops.TITLE_HEIGHT + crops.SIDE, 2 * step :]
    assert np.array_equal(clean, crops.cropped("astronaut", example("astronaut")))
    assert pixels[: crops.TITLE_HEIGHT].min() < 100


def test_nothing_is_written_where_there_is_nothing_to_show(tmp_path: Path) -> None:
    crops.Crops(25.0).save(tmp_path)
    assert not list(tmp_path.iterdir())
