"""Kernels: tap by tap, on their way through training, and as maps with the weights written in."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure

from jconv.plot.style import BLACK, BLUE, STEPS, VERMILION, WEIGHTS, blank, headline, label_pairs, one_key, pair_panels


def kernel_curves(lags: np.ndarray, kernels: Mapping[str, np.ndarray], *, title: str, lag_label: str) -> Figure:
    """Kernels over each other, tap by tap.

    Args:
        lags: (width,): when each tap looks, before (negative) or after the output's own time.
        kernels: name -> (width, in, out); the first is drawn filled, the others as marks on top of it.
        title, lag_label: text.
    """
    _, inputs, outputs = next(iter(kernels.values())).shape
    figure, axes = pair_panels(inputs, outputs, sharey=True)
    marks = (
        {"marker": "o", "markersize": 5, "linewidth": 1.8, "color": BLUE},
        {
            "marker": "o",
            "markersize": 9,
            "linewidth": 1.2,
            "linestyle": "--",
            "color": VERMILION,
            "markerfacecolor": "none",
        },
        {"marker": "x", "markersize": 8, "linewidth": 0, "color": BLACK, "markeredgewidth": 1.8},
    )
    for (row, column), ax in np.ndenumerate(axes):
        ax.axhline(0, color=BLACK, linewidth=0.6)
        for (name, kernel), mark in zip(kernels.items(), marks, strict=False):
            ax.plot(lags, kernel[:, row, column], label=name, **mark)
    label_pairs(axes, lag_label, "weight")
    one_key(figure, axes[0, 0])
    headline(figure, title)
    return figure


def snapshot_curves(
    lags: np.ndarray,
    steps: np.ndarray,
    snapshots: np.ndarray,
    optimum: np.ndarray,
    *,
    title: str,
    lag_label: str,
    goal: str = "optimum",
) -> Figure:
    """The kernel on its way, from light (early) to dark (late), and where it should go.

    Args:
        lags: (width,), as in `kernel_curves`.
        steps: (n,), rising.
        snapshots: (n, width, in, out).
        optimum: (width, in, out).
        title, lag_label: text.
        goal: what to call `optimum`.
    """
    figure, axes = pair_panels(*snapshots.shape[2:], sharey=True)
    colors = ScalarMappable(LogNorm(1, max(steps[-1], 2)), STEPS)
    for (row, column), ax in np.ndenumerate(axes):
        ax.axhline(0, color=BLACK, linewidth=0.6)
        for step, snapshot in zip(steps, snapshots, strict=True):
            ax.plot(lags, snapshot[:, row, column], color=colors.to_rgba(max(step, 1)), linewidth=1.5)
        ax.plot(lags, optimum[:, row, column], color=VERMILION, linestyle="--", linewidth=2, label=goal)
    label_pairs(axes, lag_label, "weight")
    bar = figure.colorbar(colors, ax=list(axes.flat), label="step (the first is before training)", pad=0.02)
    bar.outline.set_visible(False)  # type: ignore[union-attr]
    one_key(figure, axes[0, 0])
    headline(figure, title)
    return figure


def kernel_heatmaps(
    kernel: np.ndarray, *, title: str, bias: np.ndarray | None = None, inputs: Sequence[str] | None = None
) -> Figure:
    """Each output's kernel as a map of input channel by tap, with the weights written in; blue below 0, red above.

    Args:
        kernel: (width, in, out).
        title: text.
        bias: (out,), written above each map.
        inputs: names of the input channels.
    """
    width, count, outputs = kernel.shape
    columns = min(outputs, 4)
    rows = -(-outputs // columns)
    figure, axes = blank(rows, columns, (1.6 + 2.7 * columns, 1.4 + rows * (1.1 + 0.55 * count)))
    most = float(np.abs(kernel).max()) or 1.0
    names = inputs or [f"input {c}" for c in range(count)]
    colors = ScalarMappable(Normalize(-most, most), WEIGHTS)
    for output, ax in enumerate(axes.flat):
        if output >= outputs:
            ax.set_visible(False)
            continue
        ax.imshow(kernel[:, :, output].T, cmap=WEIGHTS, norm=colors.norm, aspect="auto")
        ax.grid(False)
        ax.spines[:].set_visible(False)
        ax.tick_params(length=0)
        ax.set_xticks(range(width) if width <= 12 else range(0, width, -(-width // 8)))
        ax.set_yticks(range(count), names if output % columns == 0 else [""] * count)
        ax.set_title(f"output {output}" + ("" if bias is None else f"   bias {bias[output]:+.3f}"), fontsize=10)
        if output // columns == rows - 1:
            ax.set_xlabel("tap (0 is the earliest)")
        if width * count <= 64:
            for (tap, channel), weight in np.ndenumerate(kernel[:, :, output]):
                dark = abs(weight) > 0.6 * most
                ax.text(
                    tap, channel, f"{weight:+.2f}", ha="center", va="center", color="w" if dark else "k", fontsize=9
                )
    bar = figure.colorbar(colors, ax=list(axes.flat), label="weight", pad=0.02)
    bar.outline.set_visible(False)  # type: ignore[union-attr]
    headline(figure, title)
    return figure
