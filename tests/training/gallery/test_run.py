"""The command `gallery`, from outside: which entries it makes anew, the page, and what it says when something fails."""

from pathlib import Path

import pytest

from models.store import ArtifactError
from training.__main__ import main
from training.gallery import entries, run
from training.gallery.drawing import canvas
from training.gallery.exhibit import Exhibit, Shown, Table
from training.gallery.page import page
from training.gallery.studio import Studio

ROOT = Path(__file__).parents[3]


def shown(value: str) -> Shown:
    figure = canvas(2, 1)
    figure.subplots().plot([0, 1], [1, 0])
    table = Table(("method", "error"), (("ours", value), ("a | b", "9")))
    return Shown(figure, f"a line, {value}", table, f"It went to {value}. That is all.", f"error {value}")


@pytest.fixture
def exhibits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Exhibit]:
    """Two exhibits in the place of the real ones; the second has something in its title that an address has not."""
    monkeypatch.chdir(tmp_path)
    titles = {"first": "The first", "second": "The second, 2-1-2"}
    found = {name: Exhibit(name, title, lambda _: shown("1"), 0.5) for name, title in titles.items()}
    monkeypatch.setattr(run, "EXHIBITS", found)
    return found


def replace(exhibits: dict[str, Exhibit], name: str, value: str | Exception) -> None:
    def make(studio: Studio) -> Shown:
        if isinstance(value, Exception):
            raise value
        return shown(value)

    exhibits[name] = Exhibit(name, exhibits[name].title, make, 2)


def gallery(*options: str) -> int:
    return main(["gallery", *options])


def test_page_has_contents_and_a_section_for_each(exhibits: dict[str, Exhibit]) -> None:
    assert gallery("--out", "here") == 0
    text = Path("here/README.md").read_text()
    assert "| [The second, 2-1-2](#the-second-2-1-2) | error 1 |" in text
    assert (
        "## The second, 2-1-2\n\n![a line, 1](second.png)\n\nIt went to 1. That is all.\n\n| method | error |" in text
    )
    assert "| a \\| b | 9 |" in text
    assert "`python -m training gallery --only first` (30 seconds on two cores)" in text
    assert "LeCun, Corinna Cortes and Christopher J. C. Burges" in text
    assert Path("here/second.png").read_bytes().startswith(b"\x89PNG")
    assert not list(Path("here").rglob("*.partial"))


def test_only_renews_some_and_keeps_the_others(exhibits: dict[str, Exhibit]) -> None:
    gallery("--out", "here")
    for name in exhibits:
        replace(exhibits, name, "7")
    assert gallery("--out", "here", "--only", "second") == 0
    text = Path("here/README.md").read_text()
    assert text.index("It went to 1.") < text.index("It went to 7.")
    assert "(2 minutes on two cores)" in text


def test_page_without_all_entries_has_those_there_are(exhibits: dict[str, Exhibit]) -> None:
    assert gallery("--out", "here", "--only", "second") == 0
    assert "The first" not in Path("here/README.md").read_text()


@pytest.mark.parametrize("error", [ValueError("needs data"), ArtifactError("is broken"), OSError("disk full")])
def test_an_exhibit_that_fails_is_one_line_and_the_others_are_made(
    error: Exception, exhibits: dict[str, Exhibit], capsys: pytest.CaptureFixture[str]
) -> None:
    gallery("--out", "here")
    replace(exhibits, "first", error)
    replace(exhibits, "second", "7")
    assert gallery("--out", "here") == 1
    assert capsys.readouterr().err == f"training gallery: first: {error}\n"
    text = Path("here/README.md").read_text()
    assert "It went to 1." in text
    assert "It went to 7." in text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--only", "third"), "no exhibit third; there are: first, second"),
        (("--digits", "none.npz"), "--digits none.npz: no such file"),
        (("--photographs", "nowhere"), "--photographs nowhere: no such folder"),
    ],
)
def test_bad_options_are_one_line(
    options: tuple[str, ...], message: str, exhibits: dict[str, Exhibit], capsys: pytest.CaptureFixture[str]
) -> None:
    assert gallery("--out", "here", *options) == 1
    assert capsys.readouterr().err == f"training gallery: {message}\n"
    assert not Path("here").exists()


def test_a_fast_gallery_stays_out_of_the_documentation(exhibits: dict[str, Exhibit]) -> None:
    assert gallery("--fast") == 0
    assert Path("runs/gallery-fast/README.md").is_file()
    assert not Path("docs").exists()
    assert gallery() == 0
    assert Path("docs/gallery/README.md").is_file()


@pytest.mark.parametrize("content", ["", "[]", '{"table": 1}', '{"table": {"columns": [], "rows": []}, "other": 1}'])
def test_a_broken_entry_is_named(
    content: str, exhibits: dict[str, Exhibit], capsys: pytest.CaptureFixture[str]
) -> None:
    gallery("--out", "here")
    Path("here/entries/first.json").write_text(content)
    assert gallery("--out", "here", "--only", "second") == 1
    assert "here/entries/first.json: not an entry of the gallery" in capsys.readouterr().err


def test_the_documented_page_is_made_of_its_entries() -> None:
    folder = ROOT / "docs/gallery"
    there = [entry for name in run.EXHIBITS if (entry := entries.read(name, folder))]
    assert (folder / "README.md").read_text() == page(there)
    assert all((folder / entry.picture).is_file() for entry in there)
    assert {path.stem for path in folder.glob("*.png")} == {entry.name for entry in there}
