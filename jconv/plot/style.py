"""What all pictures share: colours, blank axes, headlines, legends, and a panel for each pair of channels.

Lines have Okabe and Ito's colours, which colour-blind readers tell apart; weights are blue below 0, white at 0, red
above.
"""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
BLUE, VERMILION, PURPLE = "#0072B2", "#D55E00", "#CC79A7"
LINES = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)
"""One colour a channel, in this order, then again."""
GREY = "#A0A0A0"
WEIGHTS, STEPS = "RdBu_r", "cividis_r"
MOST_PANELS = 4
"""Channels in and channels out that get a panel of their own."""


def blank(
    rows: int = 1, columns: int = 1, size: tuple[float, float] = (9, 5), **grid: Any
) -> tuple[Figure, np.ndarray]:
    """A figure with axes (rows, columns), all styled alike."""
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, squeeze=False, **grid)
    for ax in axes.flat:
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(alpha=0.25, linewidth=0.6)
    return figure, axes


def headline(figure: Figure, title: str) -> None:
    """What the picture says, above it."""
    figure.suptitle(title, x=0.01, ha="left", fontsize=12.5, fontweight="bold")


def key(ax: Axes) -> None:
    """A legend right of the axes, where it hides nothing."""
    ax.legend(loc="center left", bbox_to_anchor=(1.005, 0.5), frameon=False, fontsize=9)


def one_key(figure: Figure, ax: Axes) -> None:
    """One legend below for panels that share their lines."""
    handles, labels = ax.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False, fontsize=10)


def color_of(channel: int) -> str:
    """The line colour of a channel."""
    return LINES[channel % len(LINES)]


def pair_panels(inputs: int, outputs: int, **shared: Any) -> tuple[Figure, np.ndarray]:
    """A panel for each input channel (rows) and output channel (columns), the first few of many."""
    rows, columns = min(inputs, MOST_PANELS), min(outputs, MOST_PANELS)
    size = (10, 5.2) if rows == columns == 1 else (2.2 + 2.6 * columns, 1.6 + 2.2 * rows)
    figure, axes = blank(rows, columns, size, sharex=True, **shared)
    if rows * columns > 1:
        for (row, column), ax in np.ndenumerate(axes):
            ax.set_title(f"input {row} → output {column}", fontsize=10)
    return figure, axes


def label_pairs(axes: np.ndarray, x: str, y: str) -> None:
    """Axis labels at the left and the bottom only, and no tick between two taps that are samples."""
    for ax in axes[-1]:
        ax.set_xlabel(x)
        if "samples" in x:
            ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    for ax in axes[:, 0]:
        ax.set_ylabel(y)
