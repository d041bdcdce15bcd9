"""Picture quality beside what is used today: the same noisy pictures through each method, in one run.

    make bench-quality
    make bench-quality ARGS="--data FOLDER --sigma 15 25 50"
    make bench-quality ARGS="--real FOLDER"

Each data set has its page, docs/quality/<folder>.md. Where no folder is given that is `examples.md`, of scikit-image's
photographs, with crops beside it. Gaussian noise is from `default_rng(0)` for every picture, clipped and rounded to 8
bits as an uploaded file is. Classical methods get their best setting for every picture, chosen by the PSNR itself from
a small grid around the true noise level, or around each of several where it is unknown: a bound from above on what
their users reach. BM3D takes part where its users installed `bm3d`, whose licence allows no commercial use.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks.quality.cases import DataSet, examples, with_noise, with_real_noise
from benchmarks.quality.crops import Crops
from benchmarks.quality.measure import NOISY, Method
from benchmarks.quality.ours import ours, photo_denoisers
from benchmarks.quality.peers import PEERS, missing
from benchmarks.quality.run import run
from benchmarks.quality.tables import document
from models.store import ArtifactError
from training.options import noise_level

OUT = Path("docs/quality")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the tables and write the pages and crops."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    try:
        _measure(asked)
    except (ValueError, ArtifactError) as error:
        parser.error(str(error))


def _measure(asked: argparse.Namespace) -> None:
    """Do what was asked for. Raises ArtifactError for unknown models, ValueError for models or data that don't fit."""
    data_sets = _data_sets(asked)
    methods, left_out = _methods(asked)
    asked.out.mkdir(parents=True, exist_ok=True)
    for data in data_sets:
        crops = Crops(asked.crop_sigma)
        page = document(data, run(data, methods, crops.show), left_out)
        (asked.out / f"{data.name}.md").write_text(page)
        print(page)
        if data.public:
            crops.save(asked.out)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.quality",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, help="folder of clean pictures, noise is added")
    parser.add_argument("--real", type=Path, help="folder of real noise: NAME_real.png beside NAME_mean.png")
    parser.add_argument(
        "--sigma", type=noise_level, nargs="+", default=[15.0, 25.0, 50.0], help="levels of added noise"
    )
    parser.add_argument("--models", nargs="*", help="our models (default: all bundled denoisers for photographs)")
    parser.add_argument("--methods", nargs="+", metavar="PART", help="only methods with one of these in their names")
    parser.add_argument("--limit", type=int, help="only the first pictures of each data set")
    parser.add_argument("--crop-sigma", type=noise_level, default=25.0, help="noise level of the crops, one of --sigma")
    parser.add_argument("--out", type=Path, default=OUT, help=f"folder for pages and crops (default: {OUT})")
    return parser


def _data_sets(asked: argparse.Namespace) -> list[DataSet]:
    """Return what was asked for, else scikit-image's photographs. Raises ValueError for folders without pictures."""
    found = []
    if asked.data:
        found.append(with_noise(asked.data, asked.sigma, asked.limit))
    if asked.real:
        found.append(with_real_noise(asked.real, asked.limit))
    return found or [examples(asked.sigma, asked.limit)]


def _methods(asked: argparse.Namespace) -> tuple[list[Method], list[str]]:
    """Return the methods to measure, the noisy picture first, and a remark on each that can't be.

    Raises ArtifactError for an unknown model, ValueError for one that is told no noise level.
    """
    every = [NOISY, *ours(photo_denoisers() if asked.models is None else asked.models), *PEERS]
    wanted = [method for method in every if _is_asked(method, asked.methods)]
    lacking = {method.name: module for method in wanted if (module := missing(method))}
    remarks = [f"{name} is not in the table: `{module}` is not installed." for name, module in lacking.items()]
    return [method for method in wanted if method.name not in lacking], remarks


def _is_asked(method: Method, parts: Sequence[str] | None) -> bool:
    """Return whether one of `parts` is in the method's name, in either case; the noisy picture is always asked for."""
    return parts is None or method is NOISY or any(part.lower() in method.name.lower() for part in parts)


if __name__ == "__main__":
    main()
