"""The course of a training."""

import numpy as np
from matplotlib.figure import Figure

from jconv.plot.style import BLUE, SKY, VERMILION, blank, headline, key


def loss_curves(
    train: np.ndarray,
    looks: np.ndarray,
    held_out: np.ndarray,
    optimum: float,
    *,
    title: str,
    value_label: str,
) -> Figure:
    """Loss against step, both logarithmic, with the optimum as a line.

    Args:
        train: (steps,) loss of each step's minibatch.
        looks: (n,) steps after which the held-out part was looked at.
        held_out: (n,) loss there.
        optimum: the held-out loss of the least-squares kernel of the training part; no line if it is 0.
        title, value_label: text.
    """
    figure, axes = blank(1, 1, (10, 5.2))
    ax = axes[0, 0]
    ax.plot(np.arange(1, len(train) + 1), train, color=SKY, linewidth=0.8, alpha=0.8, label="train, each minibatch")
    ax.plot(looks, held_out, color=BLUE, linewidth=2, marker="o", markersize=3, label="held out")
    if optimum > 0:
        ax.axhline(optimum, color=VERMILION, linestyle="--", linewidth=1.8, label=f"held out, optimum: {optimum:.4g}")
    ax.set(xscale="log", yscale="log", xlabel="step", ylabel=value_label)
    key(ax)
    headline(figure, title)
    return figure
