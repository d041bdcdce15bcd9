"""Curves of a training run, drawn with matplotlib (extra `training`)."""

from collections.abc import Sequence
from pathlib import Path

from training.history import Entry


def draw_history(entries: Sequence[Entry], target: Path) -> None:
    """Draw the loss and the learning rate over minutes into a PNG file."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    minutes = [entry.seconds / 60 for entry in entries]
    figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
    axes.plot(minutes, [entry.loss for entry in entries], linewidth=0.8)
    axes.set(xlabel="minutes", ylabel="loss")
    rate_axes = axes.twinx()
    rate_axes.plot(minutes, [entry.rate for entry in entries], color="tab:orange", linewidth=0.8)
    rate_axes.set(ylabel="learning rate")
    figure.savefig(target, dpi=100)
    plt.close(figure)
