"""Valid files made invalid, or hostile: named functions that draw what they do from a seeded generator."""

from collections.abc import Callable

import numpy as np

from tests.fuzz.anatomy import JPEG_SCAN, Number, Part, numbers, parts, repaired, tiff_directories, tiff_layout
from tests.fuzz.disguises import DISGUISES
from tests.fuzz.seeds import Seed, seeds

Mutation = Callable[[Seed, np.random.Generator], bytes]

LONGEST = 3 * 2**20
"""Bytes of the largest file that a mutation makes."""
_EXTREMES = tuple(
    edge + off for edge in (0, 2**7, 2**8, 2**15, 2**16, 2**24, 2**31, 2**32, 2**63) for off in (-1, 0, 1)
)
_SAMPLE_FORMAT, _SUB_DIRECTORIES, _OFFSETS, _COUNTS = 339, 330, (273, 324), (279, 325)


# --- of bytes ---------------------------------------------------------------------------------------------------------


def truncated(seed: Seed, rng: np.random.Generator) -> bytes:
    return seed.file[: rng.integers(len(seed.file))]


def flipped_bits(seed: Seed, rng: np.random.Generator) -> bytes:
    return _flipped(seed.file, rng, 0)


def flipped_bits_repaired(seed: Seed, rng: np.random.Generator) -> bytes:
    """Checksums and lengths that are right let the damage through to the decoder behind them."""
    return repaired(_flipped(seed.file, rng, 12))


def byte_run(seed: Seed, rng: np.random.Generator) -> bytes:
    start, end = _range(seed.file, rng)
    return seed.file[:start] + bytes([rng.choice([0, 0xFF, rng.integers(256)])]) * (end - start) + seed.file[end:]


def noise_run(seed: Seed, rng: np.random.Generator) -> bytes:
    start, end = _range(seed.file, rng)
    return seed.file[:start] + rng.bytes(end - start) + seed.file[end:]


def removed_block(seed: Seed, rng: np.random.Generator) -> bytes:
    start, end = _range(seed.file, rng)
    return seed.file[:start] + seed.file[end:]


def doubled_block(seed: Seed, rng: np.random.Generator) -> bytes:
    start, end = _range(seed.file, rng)
    return seed.file[:end] + seed.file[start:]


def swapped_blocks(seed: Seed, rng: np.random.Generator) -> bytes:
    a, b, c, d = sorted(int(cut) for cut in rng.integers(len(seed.file) + 1, size=4))
    file = seed.file
    return file[:a] + file[c:d] + file[b:c] + file[a:b] + file[d:]


def empty(seed: Seed, rng: np.random.Generator) -> bytes:
    return b""


def concatenated(seed: Seed, rng: np.random.Generator) -> bytes:
    return seed.file + _another(rng).file


def spliced(seed: Seed, rng: np.random.Generator) -> bytes:
    """The start of one file, of whatever format, and the end of another."""
    other = _another(rng).file
    return seed.file[: rng.integers(len(seed.file))] + other[rng.integers(len(other)) :]


# --- of what a format says of itself ----------------------------------------------------------------------------------


def lying_number(seed: Seed, rng: np.random.Generator) -> bytes:
    return repaired(_lie(seed.file, numbers(seed.file, seed.format), rng))


def lying_numbers(seed: Seed, rng: np.random.Generator) -> bytes:
    file, known = seed.file, numbers(seed.file, seed.format)
    for _ in range(rng.integers(2, 6)):
        file = _lie(file, known, rng)
    return repaired(file)


def removed_part(seed: Seed, rng: np.random.Generator) -> bytes:
    part = _part(seed, rng)
    return repaired(seed.file[: part.start] + seed.file[part.end :])


def doubled_part(seed: Seed, rng: np.random.Generator) -> bytes:
    part = _part(seed, rng)
    return repaired(seed.file[: part.end] + seed.file[part.start :])


def swapped_parts(seed: Seed, rng: np.random.Generator) -> bytes:
    one, other = sorted((_part(seed, rng), _part(seed, rng)), key=lambda part: part.start)
    if one.end > other.start:
        return doubled_part(seed, rng)
    file = seed.file
    between = file[one.end : other.start]
    moved = file[other.start : other.end] + between + file[one.start : one.end]
    return repaired(file[: one.start] + moved + file[other.end :])


def repeated_part(seed: Seed, rng: np.random.Generator) -> bytes:
    """One chunk, frame or scan hundreds of times."""
    part = _part(seed, rng)
    once = seed.file[part.start : part.end]
    times = min(int(rng.integers(2, 2000)), LONGEST // max(len(once), 1))
    return repaired(seed.file[: part.end] + once * times + seed.file[part.end :])


def transplanted_part(seed: Seed, rng: np.random.Generator) -> bytes:
    """A part of another file of the same format."""
    donors = [each for each in seeds() if each.format == seed.format]
    donor = donors[rng.integers(len(donors))]
    given, part = _part(donor, rng), _part(seed, rng)
    return repaired(seed.file[: part.start] + donor.file[given.start : given.end] + seed.file[part.end :])


def broken_part(seed: Seed, rng: np.random.Generator) -> bytes:
    """Noise in the content of one part, whose head and checksum stay right."""
    part = _part(seed, rng)
    content = seed.file[part.data : part.end]
    flipped = _flipped(content, rng, 0) if content else content
    return repaired(seed.file[: part.data] + flipped + seed.file[part.end :])


def endless_scans(seed: Seed, rng: np.random.Generator) -> bytes:
    """The last scan of a JPEG thousands of times; of other formats the last part."""
    known = [part for part in parts(seed.file, seed.format) if part.end <= len(seed.file)]
    scans = [part for part in known if seed.format != "jpeg" or part.kind[0] == JPEG_SCAN]
    part = (scans or known)[-1]
    once = seed.file[part.start : part.end]
    return repaired(seed.file[: part.end] + once * min(2000, LONGEST // max(len(once), 1)) + seed.file[part.end :])


def directory_loop(seed: Seed, rng: np.random.Generator) -> bytes:
    """A directory of a TIFF whose next one is itself or an earlier one."""
    layout = tiff_layout(seed.file)
    known = list(tiff_directories(seed.file))
    last, target = known[-1], known[rng.integers(len(known))]
    return Number(last.end, layout.offset, layout.order).written(seed.file, target.start)


def directory_below_itself(seed: Seed, rng: np.random.Generator) -> bytes:
    """An entry of a TIFF made one that points to a directory of sub-directories: its own."""
    directory = next(tiff_directories(seed.file))
    return _entry(seed.file, _any_entry(seed, rng), _SUB_DIRECTORIES, 4, 1, directory.start)


def huge_count(seed: Seed, rng: np.random.Generator) -> bytes:
    """An entry of a TIFF with thousands of millions of values."""
    layout, part = tiff_layout(seed.file), _any_entry(seed, rng)
    count = int(rng.choice([2**16, 2**24, 2**31, 2**32 - 1]))
    return Number(part.start + 4, layout.offset, layout.order).written(seed.file, count)


def pixels_elsewhere(seed: Seed, rng: np.random.Generator) -> bytes:
    """Strips of a TIFF that lie outside the file, over its head, or over each other."""
    layout, file = tiff_layout(seed.file), seed.file
    for part in parts(file, "tiff"):
        if part.kind == b"entry" and Number(part.start, 2, layout.order).read(file) in (*_OFFSETS, *_COUNTS):
            value = int(rng.choice([0, 4, len(file) - 1, len(file) + 1, 2**31, 2**32 - 1]))
            file = Number(part.data, layout.offset, layout.order).written(file, value)
    return file


def other_sample_format(seed: Seed, rng: np.random.Generator) -> bytes:
    """Samples of a TIFF that it says are signed, floats, complex or unknown."""
    return _entry(seed.file, _any_entry(seed, rng), _SAMPLE_FORMAT, 3, 1, int(rng.integers(2, 8)))


# --- disguises and polyglots ------------------------------------------------------------------------------------------


def disguised(seed: Seed, rng: np.random.Generator) -> bytes:
    """Another kind of file, sent as a picture."""
    return _disguise(rng)


def disguised_behind_a_signature(seed: Seed, rng: np.random.Generator) -> bytes:
    """Another kind of file behind the first bytes of a picture."""
    return seed.file[: rng.choice([4, 8, 12, 16, 32])] + _disguise(rng)


def polyglot_behind(seed: Seed, rng: np.random.Generator) -> bytes:
    """A picture with another file behind it."""
    return seed.file + _disguise(rng)


def polyglot_before(seed: Seed, rng: np.random.Generator) -> bytes:
    """A picture with another file before it."""
    return _disguise(rng) + seed.file


def polyglot_inside(seed: Seed, rng: np.random.Generator) -> bytes:
    """A picture with another file between two of its parts."""
    part = _part(seed, rng)
    return seed.file[: part.end] + _disguise(rng) + seed.file[part.end :]


MUTATIONS: dict[str, Mutation] = {
    mutation.__name__.replace("_", " "): mutation
    for mutation in (
        truncated,
        flipped_bits,
        flipped_bits_repaired,
        byte_run,
        noise_run,
        removed_block,
        doubled_block,
        swapped_blocks,
        empty,
        concatenated,
        spliced,
        lying_number,
        lying_numbers,
        removed_part,
        doubled_part,
        swapped_parts,
        repeated_part,
        transplanted_part,
        broken_part,
        endless_scans,
        disguised,
        disguised_behind_a_signature,
        polyglot_behind,
        polyglot_before,
        polyglot_inside,
    )
}
"""Those for every format, by name."""
TIFF_MUTATIONS: dict[str, Mutation] = {
    mutation.__name__.replace("_", " "): mutation
    for mutation in (directory_loop, directory_below_itself, huge_count, pixels_elsewhere, other_sample_format)
}


def mutations_of(format_: str) -> dict[str, Mutation]:
    """Return the mutations for files of a format, by name."""
    return {**MUTATIONS, **TIFF_MUTATIONS} if format_ == "tiff" else MUTATIONS


# --- what they share --------------------------------------------------------------------------------------------------


def _range(file: bytes, rng: np.random.Generator) -> tuple[int, int]:
    """Return the ends of a stretch: short more often than long."""
    length = int(len(file) ** rng.uniform(0, 1))
    start = int(rng.integers(len(file) - length + 1))
    return start, start + length


def _flipped(data: bytes, rng: np.random.Generator, spared: int) -> bytes:
    """Return `data` with one to sixty-four bits turned over, none of them in the first `spared` bytes."""
    changed = np.frombuffer(data, np.uint8).copy()
    if len(data) > spared:
        places = rng.integers(spared, len(data), size=2 ** rng.integers(7))
        np.bitwise_xor.at(changed, places, (1 << rng.integers(8, size=len(places))).astype(np.uint8))
    return changed.tobytes()


def _lie(file: bytes, known: list[Number], rng: np.random.Generator) -> bytes:
    number = known[rng.integers(len(known))]
    truth = number.read(file)
    near = (truth + 1, truth - 1, 2 * truth, truth // 2, int(rng.integers(2**16)))
    choices = near if rng.random() < 0.5 else _EXTREMES
    return number.written(file, choices[rng.integers(len(choices))])


def _part(seed: Seed, rng: np.random.Generator) -> Part:
    known = [part for part in parts(seed.file, seed.format) if part.end <= len(seed.file)]
    return known[rng.integers(len(known))]


def _any_entry(seed: Seed, rng: np.random.Generator) -> Part:
    entries = [part for part in parts(seed.file, "tiff") if part.kind == b"entry"]
    return entries[rng.integers(len(entries))]


def _entry(file: bytes, place: Part, tag: int, type_: int, count: int, value: int) -> bytes:
    layout = tiff_layout(file)
    values = ((0, 2, tag), (2, 2, type_), (4, layout.offset, count), (4 + layout.offset, layout.offset, value))
    for offset, length, number in values:
        file = Number(place.start + offset, length, layout.order).written(file, number)
    return file


def _another(rng: np.random.Generator) -> Seed:
    return seeds()[rng.integers(len(seeds()))]


def _disguise(rng: np.random.Generator) -> bytes:
    names = list(DISGUISES)
    return DISGUISES[names[rng.integers(len(names))]]()
