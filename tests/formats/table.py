"""docs/formats.md: the outcomes as tables."""

import math
from collections.abc import Iterable, Sequence

from benchmarks.report import Table
from tests.formats.compare import same_dpi
from tests.formats.run import Outcome
from tests.formats.view import View

_HEAD = """# Formats

What comes back of every kind of file. Written by `make docs` (`python -m tests.formats`): do not edit. Each row is a
file made of known pixels (a piece of a photograph; {count} files in all), sent to `POST /denoise` with `strength=0`,
whose answer was read by other software than wrote it wherever there is one. At strength 0 the network is left out: the
pixels are unchanged to the bit before they are encoded, so whatever differs is due to the formats. What is lost or
converted is named in `X-Warnings`. A test checks that nothing is lost without a word, and that this page is what the
service does.

- **pixels**: *identical* to the bit, alpha included; or the PSNR in dB of an answer that was encoded with loss, as JPEG
  and AVIF always are, and WebP unless it came without loss (quality 95). *in 8 bits*, *on white*, *in sRGB*, *divided
  by alpha*: what was done to the sent pixels before they were compared, as the answer can't hold them as they were.
  *where visible*: but for the colours of what is fully transparent, which animations do not always keep.
- **profile** is the colour profile (ICC), *kept* to the byte; **resolution** is in dots an inch.
- **frames** of animations and pages: *kept* with their times and how often they are shown. The writers of GIF and WebP
  merge equal frames in a row and add up their times: the frames here all differ.
- Files carry a profile, a resolution and EXIF wherever the format has them and the row says nothing else; an empty cell
  means that there was none."""

_METADATA = "Metadata"
_CONVERSIONS = "Conversions"
_OTHERS = "Other formats"
_INTRODUCTIONS = {
    _METADATA: "RGB of 8 bits in every format, with all that a file can say. Every orientation comes back upright.",
    _CONVERSIONS: "Rich files in each of the formats that are written.",
}


def document(outcomes: Sequence[Outcome]) -> str:
    """Return the page."""
    sections = list(dict.fromkeys(each.case.section for each in outcomes))
    parts = [_HEAD.format(count=len(outcomes)), "## In short", _summary(outcomes).markdown()]
    for section in sections:
        rows = [each for each in outcomes if each.case.section == section]
        introduction = [_INTRODUCTIONS[section]] if section in _INTRODUCTIONS else []
        parts += [f"## {section}", *introduction, _table(rows).markdown()]
    return "\n\n".join(parts) + "\n"


def _summary(outcomes: Sequence[Outcome]) -> Table:
    """Return what was read, refused and written of each format, counted."""
    formats = [
        each for each in dict.fromkeys(outcome.case.section for outcome in outcomes) if each not in _INTRODUCTIONS
    ]
    rows = [_summary_row(name, [each for each in outcomes if each.case.section == name]) for name in formats]
    return Table(["format", "kinds read", "kinds refused", "answered as", "pixels of the answers", "converted"], rows)


def _summary_row(name: str, rows: Sequence[Outcome]) -> list[str]:
    read = [each for each in rows if each.answer]
    exact = sum(each.alike.psnr == math.inf for each in read)
    lossy = [each.alike.psnr for each in read if each.alike.psnr < math.inf]
    pixels = [f"{exact} identical"] if exact else []
    pixels += [f"{len(lossy)} with {min(lossy):.0f} dB or more"] if lossy else []
    told = dict.fromkeys(warning for each in read for warning in each.warnings.split("; ") if warning)
    answered = dict.fromkeys(_title(each.answer.format) for each in read)
    return [
        name,
        str(len(read)),
        str(len(rows) - len(read)),
        ", ".join(answered),
        ", ".join(pixels),
        "; ".join(told),
    ]


def _table(rows: Iterable[Outcome]) -> Table:
    columns = ["sent", "answer", "pixels", "profile", "resolution", "EXIF", "frames", "`X-Warnings`, or the error"]
    return Table(columns, [_row(each) for each in rows])


def _row(outcome: Outcome) -> list[str]:
    case = outcome.case
    options = "".join(f", `{name}={value}`" for name, value in case.options.items())
    if outcome.answer is None or case.sent is None:
        return [case.name + options, str(outcome.status), "", "", "", "", "", f"`{outcome.code}`"]
    sent, answer = case.sent, outcome.answer
    return [
        case.name + options,
        f"{_title(answer.format)}: {' / '.join(answer.kinds)}",
        _pixels(outcome),
        _kept(sent.notes.icc, answer.notes.icc, sent.notes.icc == answer.notes.icc),
        _kept(sent.notes.dpi, answer.notes.dpi, same_dpi(sent, answer)),
        _exif(sent, answer),
        _frames(sent, answer),
        _said(outcome),
    ]


def _said(outcome: Outcome) -> str:
    silent = ", ".join(sorted(outcome.case.silent))
    return "; ".join(filter(None, [outcome.warnings, f"*without a word: {silent}*" if silent else ""]))


def _title(format_: str) -> str:
    return {"webp": "WebP"}.get(format_, format_.upper())


def _pixels(outcome: Outcome) -> str:
    alike = outcome.alike
    near = "identical" if alike.psnr == math.inf else f"{alike.psnr:.0f} dB"
    where = " where visible" if alike.hidden_differ else ""
    return ", ".join([near + where, *alike.after])


def _kept(before: object, after: object, same: bool) -> str:
    if before is None:
        return "" if after is None else "made up"
    return "kept" if same else "gone" if after is None else "changed"


def _exif(sent: View, answer: View) -> str:
    before, after = sent.notes.exif, answer.notes.exif
    if not before:
        return "made up" if after else ""
    same = sum(after.get(name) == value for name, value in before.items())
    words = "kept" if same == len(before) else f"{same} of {len(before)}" if same else "gone"
    place = (", GPS too" if answer.notes.gps else ", GPS gone") if sent.notes.gps and same else ""
    return words + place


def _frames(sent: View, answer: View) -> str:
    before, after = len(sent.frames), len(answer.frames)
    if before == after == 1:
        return ""
    if before != after:
        return f"{after} of {before}"
    gone = [
        word
        for word, lost in {"times": sent.times != answer.times, "repetitions": sent.loop != answer.loop}.items()
        if lost
    ]
    return f"{after}, {' and '.join(gone)} gone" if gone else f"{after} kept"
