"""The gallery's page, made of the entries there are."""

from collections.abc import Sequence

from training.gallery.entries import Entry
from training.gallery.exhibit import Table

INTRODUCTION = """\
# Gallery

Written by `python -m training gallery`: do not edit.

Every system of the tutorials on autoencoders that Limpid grew out of: trained, drawn, and measured beside something
simple. `python -m training gallery` makes it all anew, `--only NAME` one section; `--fast` shows in about a minute that
all of it works, with figures that mean nothing. What a figure is measured on was never trained on, unless its section
says so."""

CREDITS = """\
## Credits

Digits: MNIST, by Yann LeCun, Corinna Cortes and Christopher J. C. Burges. Photographs in the pictures: those that come
with scikit-image (their authors and licences are named in its documentation); no model was trained on them, but for the
one photograph of `single-image`."""


def page(entries: Sequence[Entry]) -> str:
    """Return the page as Markdown: an introduction, a table of contents with figures, a section an entry."""
    contents = Table(
        ("exhibit", "what it reaches"),
        tuple((f"[{entry.title}](#{_anchor(entry.title)})", entry.headline) for entry in entries),
    )
    parts = [INTRODUCTION, markdown(contents, "---"), *map(_section, entries), CREDITS]
    return "\n\n".join(parts) + "\n"


def _section(entry: Entry) -> str:
    command = f"`python -m training gallery --only {entry.name}` ({_duration(entry.minutes)} on two cores)"
    return "\n\n".join(
        [
            f"## {entry.title}",
            f"![{entry.alt}]({entry.picture})",
            entry.text,
            markdown(entry.table),
            command,
        ]
    )


def _duration(minutes: float) -> str:
    return f"{minutes:g} minutes" if minutes >= 1 else f"{60 * minutes:.0f} seconds"


def _anchor(title: str) -> str:
    """Return the name that GitHub gives a heading: spaces become hyphens, other signs vanish."""
    kept = "".join(letter for letter in title.lower() if letter.isalnum() or letter in " -_")
    return kept.replace(" ", "-")


def markdown(table: Table, others: str = "---:") -> str:
    """Return a table as Markdown, the columns after the first aligned as the rule `others` says; bars are escaped."""
    rule = ["---", *[others] * (len(table.columns) - 1)]
    return "\n".join(_line(cells) for cells in (table.columns, rule, *table.rows))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
