"""The course of a training."""

import numpy as np

from jconv.plot.arguments import array
from jconv.plot.style import BLUE, GREY, SKY, VERMILION, Picture, blank, headline, key

FEW = 20
"""Points that have marks; a line through one of them would be invisible."""


def loss_curves(
    train: np.ndarray,
    looks: np.ndarray,
    held_out: np.ndarray,
    optimum: float,
    *,
    title: str,
    value_label: str,
    rounding: float = 0.0,
) -> Picture:
    """Loss against step, both logarithmic, with the optimum as a line.

    Args:
        train: (steps,) loss of each step's minibatch.
        looks: (n,) steps after which the held-out part was looked at.
        held_out: (n,) loss there.
        optimum: the held-out loss of the least-squares kernel of the training part; no line if it is 0.
        title, value_label: text.
        rounding: what rounding alone can leave of a loss of 0; shaded if a loss or the optimum comes near it.

    Raises:
        ValueError: shapes that do not fit.
    """
    train, looks = array("train", train, "steps", allow_nan=True), array("looks", looks, "n")
    held_out = array("held_out", held_out, "n", allow_nan=True, n=len(looks))
    figure, axes = blank(1, 1, (10, 5.2))
    ax = axes[0, 0]
    steps = np.arange(1, len(train) + 1)
    marks = {"marker": "o", "markersize": 3} if len(train) <= FEW else {}
    ax.plot(steps, train, color=SKY, linewidth=0.8, alpha=0.8, label="train, each minibatch", **marks)
    ax.plot(looks, held_out, color=BLUE, linewidth=2, marker="o", markersize=3, label="held out")
    if optimum > 0:
        ax.axhline(optimum, color=VERMILION, linestyle="--", linewidth=1.8, label=f"held out, optimum: {optimum:.4g}")
    losses = np.concatenate([train, held_out])
    positive = losses[np.isfinite(losses) & (losses > 0)]
    ax.set(xscale="log", xlabel="step", ylabel=value_label)
    ax.set_xlim(0.8, 1.3 * max(len(train), looks.max(), 2))
    if len(positive):
        ax.set_yscale("log")
        lowest = min(positive.min(), optimum) if optimum > 0 else positive.min()
        if lowest < 10 * rounding:
            ax.set_ylim(lowest / 5, max(positive.max(), rounding) * 3)
            ax.axhspan(lowest / 5, rounding, color=GREY, alpha=0.25, linewidth=0, label="no more than rounding")
            figure.note(f"Shaded, up to {rounding:.2g}: what float32 rounding alone can leave of a loss of 0.")
    zeros, lost = int((losses == 0).sum()), int((~np.isfinite(losses)).sum())
    if zeros and len(positive):
        figure.note(f"{zeros} of {len(losses)} losses are 0, which a logarithmic axis cannot show.")
    if lost:
        figure.note(f"{lost} of {len(losses)} losses are not finite and not drawn.")
    key(ax)
    headline(figure, title)
    return figure
