"""Kernels of fits that differ in their seed alone."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from jconv.plot.arguments import array, at_most
from jconv.plot.kernels import LARGEST_WEIGHTS, MOST_MARKS
from jconv.plot.panels import label_pairs, left_out, pair_panels
from jconv.plot.style import BLACK, BLUE, GREEN, GREY, VERMILION, Picture, headline, one_key

MOST_SEEDS = 64
"""Thin lines; the bands are of all."""
GOALS = ((VERMILION, "--"), (BLACK, ":"), (GREEN, "-."))


def ensemble_bands(
    lags: np.ndarray,
    kernels: np.ndarray,
    *,
    title: str,
    lag_label: str,
    goals: Mapping[str, np.ndarray] | None = None,
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
) -> Picture:
    """Median, quartiles and range of each tap over several fits, each fit as a thin line, and what they should find.

    Channels of a bank, which may come in any order, have to be put in one order before (`align_kernels`). Of many
    channels those with the largest weights are drawn, as in `kernel_curves`, of more than 64 fits the first 64 have a
    line; the picture says so.

    Args:
        lags: (width,), as in `kernel_curves`.
        kernels: (fits, width, in, out), real.
        title, lag_label: text.
        goals: name -> (width, in, out), real, at most 3: the truth, or the least-squares kernel.
        inputs, outputs: names of the channels, or None for numbers.

    Raises:
        ValueError: shapes or names that do not fit, or complex numbers.
    """
    lags = array("lags", lags, "width")
    kernels = array("kernels", kernels, "fits width in out", width=len(lags))
    count, width, ins, outs = kernels.shape
    sides = {"width": width, "in": ins, "out": outs}
    found = {name: array(f"goals[{name!r}]", goal, "width in out", **sides) for name, goal in (goals or {}).items()}
    at_most("goals", len(found), len(GOALS), "lines")
    sizes = np.sqrt(np.mean(kernels**2, axis=(0, 1)))
    pairs = pair_panels(sizes, reason=LARGEST_WEIGHTS, inputs=inputs, outputs=outputs)
    for ax, row, column in pairs.panels:
        draw(ax, lags, kernels[:, :, row, column])
        for (name, goal), (color, dashes) in zip(found.items(), GOALS, strict=False):
            marker = "" if width > MOST_MARKS else "o"
            ring = {"marker": marker, "markersize": 8, "markerfacecolor": "none"}
            ax.plot(lags, goal[:, row, column], color=color, linestyle=dashes, linewidth=1.8, label=name, **ring)
    label_pairs(pairs.axes, lag_label, "weight")
    one_key(pairs.figure, pairs.axes[0, 0])
    pairs.figure.note(left_out(min(count, MOST_SEEDS), count, "fits", "the first; the bands are of all"))
    headline(pairs.figure, title)
    return pairs.figure


def draw(ax: Axes, lags: np.ndarray, kernels: np.ndarray) -> None:
    """Bands of kernels (fits, width) of one pair of channels, and the first fits."""
    if len(lags) == 1:  # a band needs a width
        lags, kernels = lags[0] + np.array([-0.2, 0.2]), kernels.repeat(2, axis=1)
        ax.set_xlim(lags[0] - 0.8, lags[1] + 0.8)
    low, first, median, third, high = np.quantile(kernels, [0, 0.25, 0.5, 0.75, 1], axis=0)
    ax.axhline(0, color=BLACK, linewidth=0.6)
    ax.fill_between(lags, low, high, color=BLUE, alpha=0.15, linewidth=0, label=f"range of {len(kernels)} fits")
    ax.fill_between(lags, first, third, color=BLUE, alpha=0.3, linewidth=0, label="quartiles")
    for number, kernel in enumerate(kernels[:MOST_SEEDS]):
        ax.plot(lags, kernel, color=GREY, linewidth=0.6, label="_fit" if number else "each fit")
    ax.plot(lags, median, color=BLUE, linewidth=2.2, label="median")
