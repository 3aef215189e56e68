"""What kernels do to each frequency while they are trained."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from jconv.plot.arguments import array, names_of
from jconv.plot.frequencies import decibels
from jconv.plot.heatmaps import largest_of_neighbours
from jconv.plot.panels import MOST_SIDE, largest, left_out, short
from jconv.plot.style import BLACK, BLUE, GREY, VERMILION, Picture, dress, headline, one_key

MOST_STEPS = 128
MOST_COLUMNS = 512
GAINS = "viridis"


def response_training(
    steps: np.ndarray,
    frequencies: np.ndarray,
    gains: np.ndarray,
    *,
    title: str,
    frequency_label: str,
    goal: np.ndarray | None = None,
    goal_label: str = "goal",
    floor_db: float = -60.0,
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
) -> Picture:
    """Gain in dB over frequency and step as a map, and above it the first and the last step as lines.

    Of many pairs of channels the 4 with the largest gain are drawn, of more than 128 steps as many, evenly spread, and
    of more than 512 frequencies in the map the largest gain of each few neighbours; the picture says so.

    Args:
        steps: (snapshots,), rising from 0, which is before training; two or more.
        frequencies: (points,), rising; two or more.
        gains: (snapshots, points, in, out), complex or magnitude.
        title, frequency_label: text.
        goal: (points, in, out), complex or magnitude: what should be reached, a dashed line.
        goal_label: its name.
        floor_db: less is drawn as this.
        inputs, outputs: names of the channels, or None for numbers.

    Raises:
        ValueError: shapes or names that do not fit, or steps or frequencies that do not rise.
    """
    steps, frequencies = rising("steps", steps, "snapshots", least=0), rising("frequencies", frequencies, "points")
    points = len(frequencies)
    gains = array("gains", gains, "snapshots points in out", allow_complex=True, snapshots=len(steps), points=points)
    ins, outs = gains.shape[2:]
    if goal is not None:
        goal = array("goal", goal, "points in out", allow_complex=True, **{"points": points, "in": ins, "out": outs})
    from_, to = names_of("inputs", inputs, ins, "input"), names_of("outputs", outputs, outs, "output")
    pairs = largest(np.abs(gains[-1]).max(axis=0).ravel(), MOST_SIDE)
    kept = np.unique(np.linspace(0, len(steps) - 1, min(len(steps), MOST_STEPS)).round().astype(int))
    figure = Picture(figsize=(max(3.4 + 3.3 * len(pairs), 9), 6))
    axes = figure.subplots(2, len(pairs), squeeze=False, sharex=True, sharey="row")
    drawn = [decibels(gains[..., *divmod(pair, outs)], floor_db) for pair in pairs]
    norm = Normalize(min(map(np.min, drawn)), max(map(np.max, drawn)) + 1e-9)
    for column, (pair, heights) in enumerate(zip(pairs, drawn, strict=True)):
        row, output = divmod(pair, outs)
        lines = [("start", heights[0], {"color": GREY}), (f"step {steps[-1]:g}", heights[-1], {"color": BLUE})]
        if goal is not None:
            look = {"color": VERMILION, "linestyle": (0, (4, 2))}
            lines.append((goal_label, decibels(goal[:, row, output], floor_db), look))
        draw_lines(axes[0, column], frequencies, lines)
        draw_map(axes[1, column], steps[kept], frequencies, heights[kept], norm)
        axes[1, column].set_xlabel(frequency_label)
        if ins * outs > 1:
            axes[0, column].set_title(f"{short(from_[row])} → {short(to[output])}", fontsize=10)
    axes[0, 0].set_ylabel("gain (dB)")
    axes[1, 0].set_ylabel("step (0 is before training)")
    bar = figure.colorbar(ScalarMappable(norm, GAINS), ax=list(axes[1]), label="gain (dB)", pad=0.02)
    bar.outline.set_visible(False)  # type: ignore[union-attr]
    one_key(figure, axes[0, 0])
    figure.note(left_out(len(pairs), ins * outs, "pairs of channels", "those with the largest gain at the end"))
    figure.note(left_out(len(kept), len(steps), "steps", "evenly spread"))
    together = -(-points // MOST_COLUMNS)
    if together > 1:
        figure.note(f"In the map each column is the largest gain of {together} neighbouring frequencies.")
    headline(figure, title)
    return figure


def rising(name: str, values: Any, axis: str, *, least: float = -np.inf) -> np.ndarray:
    """`values` as float64.

    Raises:
        ValueError: fewer than two, one that is not above the one before, or one below `least`.
    """
    found = array(name, values, axis)
    if len(found) < 2 or not (np.diff(found) > 0).all() or found[0] < least:
        given = f"`{name}` (={np.asarray(values).tolist()!s:.60})"
        raise ValueError(
            f"{given} must be two or more numbers that rise" + (f" from {least} on" if np.isfinite(least) else "")
        )
    return found


def draw_lines(ax: Axes, frequencies: np.ndarray, lines: Sequence[tuple[str, np.ndarray, dict[str, Any]]]) -> None:
    """Name, heights in dB and look of each."""
    dress(ax)
    ax.axhline(0, color=BLACK, linewidth=0.6)
    for name, heights, look in lines:
        ax.plot(frequencies, heights, linewidth=1.8, label=name, **look)


def draw_map(ax: Axes, steps: np.ndarray, frequencies: np.ndarray, heights: np.ndarray, norm: Normalize) -> None:
    """Heights (steps, points) in dB, each row reaching half-way to its neighbours; steps logarithmic from 1 on."""
    together = -(-len(frequencies) // MOST_COLUMNS)
    low = heights.min()
    cells = low + largest_of_neighbours((heights - low).T, together).T
    tops = edges(steps)
    sides = edges(frequencies)
    sides = np.append(sides[:-1:together], sides[-1])
    ax.pcolormesh(sides, tops, cells, cmap=GAINS, norm=norm, rasterized=True)
    ax.set_yscale("symlog", linthresh=1, linscale=0.3)
    ax.set_ylim(max(tops[0], -0.5), steps[-1])
    ax.set_xlim(frequencies[0], frequencies[-1])
    ax.set_yticks([0, *(10.0**power for power in range(int(np.log10(max(steps[-1], 1))) + 1))])
    ax.minorticks_off()


def edges(values: np.ndarray) -> np.ndarray:
    """Half-way between neighbours, and as far beyond the first and the last."""
    middle = (values[1:] + values[:-1]) / 2
    return np.concatenate([[2 * values[0] - middle[0]], middle, [2 * values[-1] - middle[-1]]])
