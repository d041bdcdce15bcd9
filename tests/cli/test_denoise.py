"""`limpid denoise`: files and folders, with engines that halve pixels."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import numpy as np
import pytest

from app.commands import client
from app.registry import Engine
from app.settings import Settings
from models.denoising import Feed
from models.pixels import FloatImage
from models.store import Artifact
from tests.cli.conftest import Run, flat
from tests.conftest import decoded, encoded
from tests.http.conftest import HalvingEngine, connected, halving_loader


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def brightness(path: Path) -> float:
    return float(decoded(path.read_bytes()).mean())


def test_folders_keep_their_structure(pictures: Path, tmp_path: Path, limpid: Run) -> None:
    before = files_below(pictures)
    result = limpid("denoise", pictures, "-o", tmp_path / "out", "--sigma", 20)
    assert result.exit_code == 0
    assert result.stdout == "3 done, 0 skipped, 0 failed\n"
    assert files_below(tmp_path / "out").keys() == {"a.png", "deep/b.jpg", "deep/er/c.png"}
    assert files_below(pictures) == before
    assert brightness(tmp_path / "out" / "a.png") == 50


def test_named_files_go_to_the_top_whatever_they_are_called(pictures: Path, tmp_path: Path, limpid: Run) -> None:
    odd = pictures / "picture without suffix"
    odd.write_bytes(flat(90))
    assert limpid("denoise", odd, pictures / "deep" / "b.jpeg", "-o", tmp_path / "out").exit_code == 0
    assert files_below(tmp_path / "out").keys() == {"picture without suffix.png", "b.jpg"}


def test_files_are_those_that_http_answers(photograph: np.ndarray, tmp_path: Path, limpid: Run) -> None:
    sources = {"wide.png": encoded(photograph, "PNG"), "tall.jpg": encoded(photograph.swapaxes(0, 1), "JPEG")}
    for name, content in sources.items():
        (tmp_path / name).write_bytes(content)
    options = {"sigma": "20", "strength": "0.5", "metadata": "none", "ensemble": "true", "output": "comparison"}
    words = ["--sigma", 20, "--strength", 0.5, "--metadata", "none", "--ensemble", "--view", "comparison"]
    assert limpid("denoise", *sources, *words, "-o", "out").exit_code == 0

    async def answer(content: bytes) -> httpx.Response:
        async with connected(Settings(models=("photo",)), loader=halving_loader) as service:
            return await service.post("/denoise", content=content, params=options)

    for name, content in sources.items():
        assert (tmp_path / "out" / name).read_bytes() == asyncio.run(answer(content)).content


def test_suffixes_follow_the_answers(pictures: Path, tmp_path: Path, limpid: Run) -> None:
    (pictures / "d.BMP").write_bytes(flat(60, "BMP"))
    (pictures / "e.tiff").write_bytes(flat(60, "TIFF"))
    result = limpid("denoise", pictures, "-o", "out", "--verbose")
    assert result.exit_code == 0
    assert f"{pictures / 'd.BMP'} -> out/d.png  (BMP is not written: this is PNG)" in result.stderr
    assert files_below(tmp_path / "out").keys() >= {"d.png", "e.tif"}


def test_done_is_skipped_until_the_picture_is_newer(pictures: Path, tmp_path: Path, limpid: Run) -> None:
    limpid("denoise", pictures, "-o", "out")
    again = limpid("denoise", pictures, "-o", "out")
    assert (again.exit_code, again.stdout, again.stderr) == (0, "0 done, 3 skipped, 0 failed\n", "")
    (pictures / "a.png").write_bytes(flat(40))
    later = (tmp_path / "out" / "a.png").stat().st_mtime + 1
    os.utime(pictures / "a.png", (later, later))
    assert limpid("denoise", pictures, "-o", "out", "--sigma", 20).stdout == "1 done, 2 skipped, 0 failed\n"
    assert brightness(tmp_path / "out" / "a.png") == 20
    assert limpid("denoise", pictures, "-o", "out", "--force").stdout == "3 done, 0 skipped, 0 failed\n"


def test_nothing_is_loaded_when_all_is_done(pictures: Path, limpid: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    limpid("denoise", pictures, "-o", "out")
    monkeypatch.delattr(client, "create_app")
    assert limpid("denoise", pictures, "-o", "out").exit_code == 0


@pytest.mark.parametrize("way", ["same folder", "link to the folder", "link to the file", "hard link"])
def test_originals_are_never_written_to(pictures: Path, tmp_path: Path, limpid: Run, way: str) -> None:
    out = tmp_path / "out"
    if way == "same folder":
        out = pictures
    elif way == "link to the folder":
        out.symlink_to(pictures)
    else:
        out.mkdir()
        link = Path.symlink_to if way == "link to the file" else Path.hardlink_to
        link(out / "a.png", pictures / "a.png")
    before = files_below(pictures)
    result = limpid("denoise", pictures / "a.png", "-o", out, "--force")
    assert result.exit_code == 1
    assert "is an original" in result.stderr
    assert files_below(pictures) == before


def test_another_files_original_is_not_written_to_either(pictures: Path, limpid: Run) -> None:
    """b.jpeg would become deep/b.jpg, which is a picture of the same command."""
    other = pictures / "deep" / "b.jpg"
    other.write_bytes(flat(10, "JPEG"))
    before = files_below(pictures)
    assert limpid("denoise", pictures / "deep" / "b.jpeg", other, "-o", pictures / "deep").exit_code == 1
    assert files_below(pictures) == before


def test_two_pictures_for_one_name_are_refused_before_any_work(pictures: Path, tmp_path: Path, limpid: Run) -> None:
    (pictures / "a.bmp").write_bytes(flat(10, "BMP"))
    for words in ([pictures], [pictures / "a.png", pictures / "a.bmp"]):
        result = limpid("denoise", *words, "-o", tmp_path / "out")
        assert result.exit_code == 1
        assert len(result.stderr.splitlines()) == 1
        assert {"a.bmp", "a.png"} <= {Path(word.rstrip(":")).name for word in result.stderr.split()}
        assert not (tmp_path / "out").exists()


def test_a_picture_that_is_named_twice_is_done_once(pictures: Path, limpid: Run) -> None:
    result = limpid("denoise", pictures, pictures / "a.png", "-o", "out")
    assert result.stdout == "3 done, 0 skipped, 0 failed\n"


def test_results_below_the_source_are_no_sources(pictures: Path, limpid: Run) -> None:
    for _ in range(2):
        assert limpid("denoise", pictures, "-o", pictures / "out", "--force").stdout.startswith("3 done")


def test_a_bad_file_does_not_stop_the_others(pictures: Path, tmp_path: Path, limpid: Run) -> None:
    (pictures / "cut.png").write_bytes(flat(100)[:60])
    (pictures / "fake.jpg").write_text("no picture")
    (pictures / "gone.png").symlink_to("nowhere")
    result = limpid("denoise", pictures, "-o", "out")
    assert (result.exit_code, result.stdout) == (1, "3 done, 0 skipped, 3 failed\n")
    failed = {line.split(":")[0]: line for line in result.stderr.splitlines() if line.startswith("failed")}
    assert {Path(each.split()[1]).name for each in failed} == {"cut.png", "fake.jpg", "gone.png"}
    assert "broken or cut off" in failed[f"failed {pictures / 'cut.png'}"]
    assert "No such file" in failed[f"failed {pictures / 'gone.png'}"]
    assert files_below(tmp_path / "out").keys() == {"a.png", "deep/b.jpg", "deep/er/c.png"}


def test_limits_of_a_picture_hold_here_too(pictures: Path, limpid: Run) -> None:
    result = limpid("denoise", pictures / "a.png", "-o", "out", LIMPID_MAX_PIXELS="100")
    assert result.exit_code == 1
    assert "up to 100" in result.stderr
    result = limpid("denoise", pictures / "a.png", "-o", "out", LIMPID_MAX_BODY_BYTES="50")
    assert result.exit_code == 1
    assert "50" in result.stderr


def test_limits_between_clients_do_not(pictures: Path, limpid: Run) -> None:
    strict = {"BUDGET_PIXELS": "1", "BUDGET_BYTES": "1", "DEADLINE_S": "1e-9", "UPLOAD_TIMEOUT_S": "1e-9"}
    access = {"API_KEYS": "correct-horse-battery", "RATE_LIMIT": "1/hour", "TRUSTED_HOSTS": "example.com"}
    environment = {f"LIMPID_{name}": value for name, value in (strict | access).items()}
    result = limpid("denoise", pictures, "-o", "out", LIMPID_API_KEY="any", **environment)
    assert result.stdout == "3 done, 0 skipped, 0 failed\n"


def test_format_of_all_results(pictures: Path, tmp_path: Path, limpid: Run) -> None:
    assert limpid("denoise", pictures, "-o", "out", "--format", "jpeg", "--quality", 80).exit_code == 0
    assert files_below(tmp_path / "out").keys() == {"a.jpg", "deep/b.jpg", "deep/er/c.jpg"}


def test_a_line_for_each_file_unless_quiet(pictures: Path, limpid: Run) -> None:
    told = limpid("denoise", pictures, "-o", "out").stderr.splitlines()
    assert sorted(told)[0] == f"{pictures / 'a.png'} -> out/a.png"
    quiet = limpid("denoise", pictures, "-o", "out", "--force", "--quiet")
    assert (quiet.exit_code, quiet.output) == (0, "")


def test_names_may_hold_anything(tmp_path: Path, limpid: Run) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    names = [b"two\nlines.png", b"\xff\xfe.png", b"\x1b[31mred.png", "été [bold].png".encode(), b"-o.png"]
    for name in names:
        Path(os.fsdecode(bytes(folder) + b"/" + name)).write_bytes(flat(100))
    result = limpid("denoise", folder, "-o", "out")
    assert result.exit_code == 0
    assert {os.fsencode(each.name) for each in (tmp_path / "out").iterdir()} == set(names)
    assert len(result.stderr.splitlines()) == len(names)
    assert "\x1b" not in result.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--sigma", "100"], "sigma"),
        (["--strength", "3"], "strength"),
        (["--quality", "0"], "quality"),
        (["--view", "upside-down"], "--view"),
        (["--jobs", "0"], "--jobs"),
        (["--url", "example.com"], "--url"),
        (["--url", "http://example.com:port"], "--url"),
        (["--url", "http://127.0.0.1:9", "--api-key", "ké"], "--api-key"),
    ],
)
def test_impossible_options_are_refused_before_any_work(
    pictures: Path, limpid: Run, words: list[str], said: str
) -> None:
    result = limpid("denoise", pictures, "-o", "out", *words)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_picture_that_is_not_there_is_refused_before_any_work(pictures: Path, tmp_path: Path, limpid: Run) -> None:
    assert limpid("denoise", pictures, "nowhere.png", "-o", "out").exit_code == 2
    assert not (tmp_path / "out").exists()


def test_what_is_no_file_is_not_opened(pictures: Path, tmp_path: Path, limpid: Run) -> None:
    """Nobody writes into the pipe: who opens it waits for ever."""
    os.mkfifo(pictures / "pipe.png")
    assert limpid("denoise", pictures, "-o", "out").stdout == "3 done, 0 skipped, 0 failed\n"
    named = limpid("denoise", pictures / "pipe.png", "-o", "out")
    assert (named.exit_code, named.stderr) == (1, f"limpid: {pictures / 'pipe.png'} is neither a file nor a folder\n")


def test_a_folder_in_the_place_of_a_result_is_no_result(pictures: Path, limpid: Run) -> None:
    (pictures.parent / "out" / "a.png").mkdir(parents=True)
    result = limpid("denoise", pictures, "-o", "out")
    assert result.stdout == "2 done, 0 skipped, 1 failed\n"
    assert "Is a directory" in result.stderr


def test_a_folder_without_pictures_is_one_line(tmp_path: Path, limpid: Run) -> None:
    (tmp_path / "empty").mkdir()
    result = limpid("denoise", "empty", "-o", "out")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("limpid: no pictures in empty")


def test_an_unknown_model_is_one_line(pictures: Path, limpid: Run) -> None:
    result = limpid("denoise", pictures, "-o", "out", "--model", "unet")
    assert result.exit_code == 1
    assert result.stderr.startswith("limpid: no model unet")
    assert len(result.stderr.splitlines()) == 1


def test_a_model_that_can_not_be_loaded_is_one_line(
    pictures: Path, limpid: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_artifact: Artifact, _settings: Settings) -> Engine:
        raise RuntimeError("there is no GPU")

    monkeypatch.setattr(client, "in_process", partial(client.in_process, loader=failing))
    result = limpid("denoise", pictures, "-o", "out")
    assert result.exit_code == 1
    assert result.stderr == "limpid: photo can't be loaded: there is no GPU\n"


class InterruptedEngine(HalvingEngine):
    """Lets the user press Ctrl-C while the second picture is in the network."""

    seen = 0

    def run(self, feed: Feed) -> FloatImage:
        type(self).seen += 1
        if self.seen == 2:
            # To the process, as a terminal does: raised in this thread, the event loop might sleep on.
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.2)
        return super().run(feed)


@pytest.fixture
def heeded_interrupts() -> Iterator[None]:
    """Python's own handling of Ctrl-C: a shell that started the tests in the background had it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeded_interrupts")
def test_an_interrupt_leaves_whole_files_only(
    pictures: Path, tmp_path: Path, limpid: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    loader = lambda artifact, _: InterruptedEngine(artifact.card)  # noqa: E731
    monkeypatch.setattr(client, "in_process", partial(client.in_process, loader=loader))
    result = limpid("denoise", pictures, "-o", "out", "--sigma", 20, "--jobs", 1)
    assert result.exit_code == 130
    assert result.stdout.startswith("interrupted: 1 done")
    assert files_below(tmp_path / "out").keys() == {"a.png"}


def test_a_folder_that_takes_no_files_fails_each(pictures: Path, tmp_path: Path, limpid: Run) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "deep").write_text("in the way")
    result = limpid("denoise", pictures, "-o", "out")
    assert (result.exit_code, result.stdout) == (1, "1 done, 0 skipped, 2 failed\n")
    assert files_below(tmp_path / "out").keys() == {"a.png", "deep"}
