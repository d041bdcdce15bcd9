"""Embeddings of many pictures, on disk and as points of a plane: `python -m training project`."""

import io
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from models.autoencoding import to_input, unit_length
from models.card import Embedding, Input
from models.denoising import Run
from models.loader import load
from models.pixels import FloatImage
from models.store import Artifact
from training.files import write_whole
from training.gallery.drawing import canvas, to_png
from training.inference import encoder_of
from training.named import Named, pictures_below, test_digits

BATCH = 256
FEWEST = 3
FEW = 1_000
"""Up to so many, threads would spend longer waiting for each other than working."""
ROUNDING = 1e-5
"""Of the largest value: what embeddings of equal pictures may differ by in one batch, as float32 rounds."""
MOST_LABELS = 20
"""More than these have no legend, and one colour."""


@dataclass(frozen=True)
class Projected:
    """The embeddings (N, dimension) float32 of N pictures, with their names and labels."""

    embeddings: FloatImage
    names: Sequence[str]
    labels: Sequence[str]

    @property
    def is_one_point(self) -> bool:
        """Whether no two embeddings differ by more than `ROUNDING`."""
        spread = np.ptp(self.embeddings, axis=0).max()
        return bool(spread <= ROUNDING * np.abs(self.embeddings).max())

    @property
    def arrays(self) -> dict[str, Any]:
        """What `embeddings.npz` holds; `labels` only where there are any."""
        found = {"embeddings": self.embeddings, "names": np.array(self.names)}
        return {**found, "labels": np.array(self.labels)} if any(self.labels) else found


def project(artifact: Artifact, data: Path, out: Path, perplexity: float) -> tuple[Path, Path]:
    """Write `embeddings.npz` and `scatter.png` of the pictures in `data` into `out`, and return the two paths.

    `data` is a folder, whose subfolders' names are labels, or an .npz of digits, of which the test images count. The
    embeddings are the service's: of unit length if the card says so. Raises ValueError for a model without embeddings,
    for fewer than 3 readable pictures and for none that differ; those that can't be read are named on stderr.
    """
    spec = artifact.card.embedding
    if spec is None:
        raise ValueError(f"{artifact.card.reference} is no autoencoder: it has no embeddings")
    pictures = test_digits(data) if data.is_file() else pictures_below(data)
    found = embedded(pictures, encoder_of(load(artifact)), artifact.card.input, spec)
    if len(found.names) < FEWEST:
        raise ValueError(f"{data} has {len(found.names)} readable pictures: needs {FEWEST} or more")
    if found.is_one_point:
        raise ValueError(f"the pictures in {data} all have the same embedding: there is nothing to place")
    table, scatter = out / "embeddings.npz", out / "scatter.png"
    content = io.BytesIO()
    np.savez(content, **found.arrays)
    write_whole(table, content.getvalue())
    write_whole(scatter, to_png(_picture(found, artifact.card.reference, perplexity)))
    return table, scatter


def embedded(pictures: Iterable[Named], run: Run, spec: Input, embedding: Embedding) -> Projected:
    """Return the embeddings of `pictures`, a batch of them in memory at a time."""
    waiting = iter(pictures)
    parts: list[FloatImage] = [np.empty((0, embedding.dimension), np.float32)]
    names: list[str] = []
    labels: list[str] = []
    while batch := list(islice(waiting, BATCH)):
        vectors = run({"image": np.stack([to_input(each.pixels, spec) for each in batch])})
        parts.append(unit_length(vectors) if embedding.normalize else vectors)
        names += [each.name for each in batch]
        labels += [each.label for each in batch]
    return Projected(np.concatenate(parts), names, labels)


def _picture(found: Projected, reference: str, perplexity: float) -> Any:
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    most = _possible(perplexity, len(found.names))
    figure = canvas(12.5, 5.8)
    left, right = figure.subplots(1, 2)
    _scatter(left, PCA(2, random_state=0).fit_transform(found.embeddings), found.labels)
    with threadpool_limits(1 if len(found.names) < FEW else None):
        placed = TSNE(perplexity=most, init="pca", random_state=0).fit_transform(found.embeddings)
    _scatter(right, placed, found.labels)
    left.set(title=f"{reference}: PCA of {len(found.names)} embeddings", xlabel="component 1", ylabel="component 2")
    right.set(title=f"t-SNE, perplexity {most:g}", xlabel="t-SNE 1 (no unit)", ylabel="t-SNE 2 (no unit)")
    if 1 < len(set(found.labels)) <= MOST_LABELS:
        right.legend(markerscale=3, fontsize=9)
    return figure


def _possible(perplexity: float, count: int) -> float:
    """Return the perplexity, reduced where there are too few pictures for as many neighbours; say so on stderr."""
    if perplexity < count:
        return perplexity
    reduced = max(1.0, (count - 1) / 3)
    print(f"perplexity {perplexity:g} is too high for {count} pictures: taking {reduced:g}", file=sys.stderr)
    return reduced


def _scatter(axes: Any, points: FloatImage, labels: Sequence[str]) -> None:
    """Draw points (N, 2), each label in a colour of its own."""
    from matplotlib import colormaps

    kinds = sorted(set(labels))
    if len(kinds) > MOST_LABELS:
        axes.scatter(*points.T, s=6, alpha=0.6, linewidths=0)
        return
    colour = colormaps["tab10" if len(kinds) <= 10 else "tab20"]
    for index, kind in enumerate(kinds):
        chosen = points[np.array(labels) == kind]
        axes.scatter(*chosen.T, s=6, alpha=0.6, linewidths=0, color=colour(index), label=kind or "(no label)")
