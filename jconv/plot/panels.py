"""What is drawn where there is more than a picture holds, and the note that says so; panels for pairs of channels."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from jconv.plot.arguments import names_of
from jconv.plot.style import Picture, dress, lowest

MOST_PANELS = 16
"""Panels in one picture."""
MOST_SIDE = 4
"""Panels in one row, and channels in and out that are drawn where there are many of both."""

LONGEST_NAME = 16
"""Letters of a channel's name above a panel."""
MOST_POINTS = 16384
"""Points of a line over time: several for each dot of a page."""


@dataclass(frozen=True)
class Pairs:
    """A figure and its panels.

    Attributes:
        figure: which holds them.
        axes: (rows, columns), those left over invisible.
        panels: axes, input channel and output channel of each.
        beside: axes right of the panels, if they were asked for.
        below: axes under the panels, if they were asked for.
    """

    figure: Picture
    axes: np.ndarray
    panels: list[tuple[Axes, int, int]]
    beside: Axes | None
    below: Axes | None

    @property
    def outputs(self) -> list[int]:
        """Output channels drawn."""
        return sorted({output for _, _, output in self.panels})


def largest(sizes: np.ndarray, most: int) -> list[int]:
    """Where the `most` largest sizes are, in rising order; of equal ones the first."""
    order = np.argsort(-np.asarray(sizes), kind="stable")[:most]
    return sorted(int(place) for place in order)


def left_out(drawn: int, total: int, things: str, reason: str) -> str:
    """What to say of things that are not all drawn; nothing if they are."""
    return "" if drawn >= total else f"Drawn are {drawn} of {total} {things}, {reason}. "


def outline(time: np.ndarray, line: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A line over time; of a long one the lowest and the highest point of each few neighbours, which looks the same."""
    together = samples_together(len(line))
    if together == 1:
        return time, line
    groups = np.pad(line, (0, -len(line) % together), mode="edge").reshape(-1, together)
    places = np.sort([groups.argmin(axis=1), groups.argmax(axis=1)], axis=0) + together * np.arange(len(groups))
    kept = np.minimum(places.T.ravel(), len(line) - 1)
    return time[kept], line[kept]


def samples_together(length: int) -> int:
    """How many neighbours `outline` draws two points of."""
    return 1 if length <= MOST_POINTS else -(-2 * length // MOST_POINTS)


def outlined(length: int) -> str:
    """What to say of a long line; nothing of a short one."""
    together = samples_together(length)
    return "" if together == 1 else f"Of each {together} samples the lowest and the highest are drawn."


def short(name: str) -> str:
    """A name that fits above a panel."""
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 2] + "..."


def pair_panels(
    sizes: np.ndarray,
    *,
    reason: str,
    beside: bool = False,
    below: bool = False,
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
) -> Pairs:
    """Panels that share their axes: inputs down and outputs across, or in rows of four where one of both is single.

    Args:
        sizes: (in, out), how large what a panel would show is; the largest of too many are drawn.
        reason: what is special about them, for the note.
        beside: whether to keep room for one more panel at the right.
        below: the same below.
        inputs, outputs: names of the channels, or None for numbers.

    Raises:
        ValueError: not one name for each channel.
    """
    ins_named = names_of("inputs", inputs, sizes.shape[0], "input")
    outs_named = names_of("outputs", outputs, sizes.shape[1], "output")
    if 1 in sizes.shape:
        ins, outs = largest(sizes.max(axis=1), MOST_PANELS), largest(sizes.max(axis=0), MOST_PANELS)
        count = len(ins) * len(outs)
        columns = min(count, MOST_SIDE)
        rows = -(-count // columns)
    else:
        power = np.square(sizes)
        ins, outs = largest(power.sum(axis=1), MOST_SIDE), largest(power.sum(axis=0), MOST_SIDE)
        rows, columns = len(ins), len(outs)
    single = rows == columns == 1
    width, height = (10, 5.2) if single else (2.2 + 2.6 * columns, 1.6 + 2.2 * rows)
    figure = Picture(figsize=(width + 2.2 * beside, height + 2.4 * below))
    grid = figure.add_gridspec(
        rows + below,
        columns + beside,
        width_ratios=[1] * columns + [(0.22 if single else 0.8)] * beside,
        height_ratios=[1] * rows + [(0.7 if single else 1.1)] * below,
    )
    axes = np.empty((rows, columns), object)
    for place in np.ndindex(axes.shape):
        first = axes[0, 0]
        ax = axes[place] = figure.add_subplot(grid[place], sharex=first, sharey=first)
        dress(ax)
    panels = []
    for ax, (row, column) in zip(axes.flat[: len(ins) * len(outs)], product(ins, outs), strict=True):
        panels.append((ax, row, column))
        if sizes.size > 1:
            ax.set_title(f"{short(ins_named[row])} → {short(outs_named[column])}", fontsize=10)
    for ax in axes.flat[len(panels) :]:
        ax.set_visible(False)
    bottom = lowest(axes)
    for place, ax in np.ndenumerate(axes):
        ax.tick_params(labelleft=place[1] == 0, labelbottom=ax in bottom)
    more = []
    if beside:
        more.append(figure.add_subplot(grid[:rows, -1]))
    if below:
        more.append(figure.add_subplot(grid[-1, :columns], sharex=axes[0, 0]))
    for ax in more:
        dress(ax)
    for drawn, names, things in ((ins, ins_named, "inputs"), (outs, outs_named, "outputs")):
        figure.note(left_out(len(drawn), len(names), things, reason))
    return Pairs(figure, axes, panels, more[0] if beside else None, more[-1] if below else None)


def label_pairs(axes: np.ndarray, x: str, y: str) -> None:
    """Axis labels at the left and the bottom only, and no tick between two taps that are samples."""
    for ax in lowest(axes):
        ax.set_xlabel(x, fontsize=10 if axes.size == 1 else 9)
        if "samples" in x:
            ax.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    for ax in axes[:, 0]:
        ax.set_ylabel(y)
