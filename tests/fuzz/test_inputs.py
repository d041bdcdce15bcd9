"""The files that the service is attacked with: valid ones are valid, broken ones the same in every run, bombs small."""

import io
import zlib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.fuzz.anatomy import Number, numbers, parts, repaired, tiff_directories, tiff_layout
from tests.fuzz.bombs import BOMBS, LARGEST_BYTES
from tests.fuzz.campaign import load, save
from tests.fuzz.containers import deflated_zeros, riff, riff_chunk, solid_vp8l
from tests.fuzz.disguises import DISGUISES
from tests.fuzz.inputs import drawn, fixed
from tests.fuzz.mutations import LONGEST, MUTATIONS, directory_loop, lying_number, mutations_of, truncated
from tests.fuzz.seeds import HEIGHT, WIDTH, Seed, seeds
from tests.fuzz.verdict import measured

FORMATS = ("png", "jpeg", "webp", "gif", "tiff", "bmp", "avif")


def seed_named(name: str) -> Seed:
    return next(seed for seed in seeds() if seed.name == name)


def names(seed: Seed) -> str:
    return seed.name


def test_seeds_of_every_format() -> None:
    assert {seed.format for seed in seeds()} == set(FORMATS)
    assert len({seed.name for seed in seeds()}) == len(seeds())
    assert len({seed.file for seed in seeds()}) == len(seeds())


@pytest.mark.parametrize("seed", [seed for seed in seeds() if seed.read], ids=names)
def test_seeds_are_valid(seed: Seed) -> None:
    found = measured(seed.file)
    assert found.size in (seed.size, seed.size[::-1]), "a reader may leave the orientation to its user"
    assert found.format in (seed.format, "mpo")
    assert found.frames == seed.frames or found.format == "mpo"


@pytest.mark.parametrize("seed", seeds(), ids=names)
def test_seeds_are_understood(seed: Seed) -> None:
    """A mutation that knows the format finds its parts, inside the file, and repairs nothing that is right."""
    known = parts(seed.file, seed.format)
    assert known
    assert all(0 <= part.start <= part.data <= part.end for part in known)
    assert repaired(seed.file) == seed.file


@pytest.mark.parametrize("format_", [format_ for format_ in FORMATS if format_ != "webp"])
def test_sizes_are_found(format_: str) -> None:
    seed = next(seed for seed in seeds() if seed.format == format_ and seed.size == (WIDTH, HEIGHT))
    found = {number.read(seed.file) for number in numbers(seed.file, format_)}
    assert {WIDTH, HEIGHT} <= found


def test_size_of_a_webp_is_found_less_one() -> None:
    file = seed_named("webp/animated RGB").file
    assert {WIDTH - 1, HEIGHT - 1} <= {number.read(file) for number in numbers(file, "webp")}


@pytest.mark.parametrize("format_", FORMATS)
def test_mutations_come_from_their_seed(format_: str) -> None:
    origin = next(seed for seed in seeds() if seed.format == format_)
    for name, mutate in mutations_of(format_).items():
        first, again = (mutate(origin, np.random.default_rng(7)) for _ in range(2))
        assert first == again, name
        others = {mutate(origin, np.random.default_rng(number)) for number in range(8)}
        assert others != {origin.file}, name
        assert max(map(len, others)) < 2 * LONGEST, name


def test_truncation_keeps_the_start() -> None:
    seed = seeds()[0]
    cut = truncated(seed, np.random.default_rng(0))
    assert len(cut) < len(seed.file)
    assert seed.file.startswith(cut)


def test_lies_in_a_png_have_right_checksums() -> None:
    seed = seed_named("png/all ancillary chunks")
    files = [lying_number(seed, np.random.default_rng(number)) for number in range(300)]
    heads = {file[12:33] for file in files if file[8:12] == b"\0\0\0\x0d"}
    assert len(heads) > 10
    for head in heads:
        assert int.from_bytes(head[17:], "big") == zlib.crc32(head[:17])


def test_directory_loops() -> None:
    file = directory_loop(seed_named("tiff/pages"), np.random.default_rng(0))
    directories = list(tiff_directories(file))
    following = Number(directories[-1].end, tiff_layout(file).offset, tiff_layout(file).order).read(file)
    assert following in {directory.start for directory in directories}


def test_zeros_are_as_many_as_they_say() -> None:
    assert zlib.decompress(deflated_zeros(3)) == bytes(3 * 2**20)
    assert len(deflated_zeros(1000)) < 2**21


def test_solid_webp_is_valid() -> None:
    """So that the huge one is refused for its size alone."""
    with Image.open(io.BytesIO(riff(riff_chunk(b"VP8L", solid_vp8l(33, 17))))) as image:
        assert image.getcolors() == [(33 * 17, (0, 0, 0))]


def test_bombs_are_small() -> None:
    assert len({bomb.name for bomb in BOMBS}) == len(BOMBS)
    for bomb in BOMBS:
        assert 0 < len(bomb.make()) <= LARGEST_BYTES, bomb.name


def test_inputs_come_from_seed_and_number() -> None:
    for number in (0, len(BOMBS), fixed(), fixed() + 1):
        assert drawn(3, number) == drawn(3, number)
    assert drawn(3, fixed()) != drawn(4, fixed())


def test_inputs_are_of_every_kind() -> None:
    kinds = Counter(drawn(0, number).kind for number in range(fixed() + 1500))
    assert set(kinds) >= {*MUTATIONS, "bomb", "disguised", "intact"}
    assert kinds["bomb"] >= len(BOMBS)
    assert kinds["disguised"] >= len(DISGUISES)


@pytest.mark.parametrize("number", [0, fixed() - 1, fixed() + 5])
def test_inputs_are_saved_for_a_replay(tmp_path: Path, number: int) -> None:
    asked = drawn(0, number)
    note = save(asked, ["status 500"], tmp_path)
    assert load(note) == asked
    assert save(asked, ["status 500"], tmp_path) != note
