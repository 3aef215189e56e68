"""Where each method wins, and how far from the best peer: one row a problem, one column a cell."""

import math
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.cells import CELLS
from benchmarks.summary import Row, in_cores

# Okabe and Ito's colours, told apart by everybody, with a grey that is not the axes' black
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#666666", "#F0E442")
LEAST, MOST = 1 / 4, 1000


def draw(table: list[Row], machine: dict[str, Any], path: Path) -> bool:
    """Write the picture; False where matplotlib is not installed or there is nothing to draw."""
    if not table or find_spec("matplotlib") is None:
        return False
    from matplotlib.figure import Figure

    import jconv

    colours: dict[str, str] = dict(zip(jconv.METHODS, COLOURS, strict=False))
    names = list(dict.fromkeys(row.problem.name for row in table))
    cells = [cell for cell in CELLS if any(row.cell == cell for row in table)]
    figure = Figure(figsize=(2.4 + 2.4 * len(cells), 1.9 + 0.21 * len(names)), layout="constrained")
    axes = figure.subplots(1, len(cells), sharey=True, squeeze=False)[0]
    for axis, cell in zip(axes, cells, strict=True):
        _column(axis, [row for row in table if row.cell == cell], names, colours)
        axis.set_title(cell, fontsize=10)
    axes[0].set_yticks(range(len(names)), names, fontsize=8)
    axes[0].set_ylim(len(names) - 0.5, -0.5)
    _legend(figure, colours)
    figure.suptitle(
        f"Time of the best peer over that of jconv's auto: right of the line jconv is faster\n"
        f"{machine['processor']}, {in_cores(machine)}, {machine['dtype']}",
        fontsize=11,
    )
    figure.savefig(path, dpi=110)
    return True


def _column(axis, table: list[Row], names: list[str], colours: dict[str, str]) -> None:
    for number in range(0, len(names), 2):
        axis.axhspan(number - 0.5, number + 0.5, color="#f2f2f2", zorder=0, linewidth=0)
    axis.axvspan(1 / 1.1, 1.1, color="#cccccc", zorder=1, linewidth=0)
    axis.axvline(1, color="black", linewidth=0.8, zorder=2)
    for row in table:
        height = names.index(row.problem.name)
        colour = colours.get(row.best_method or "", "black")
        gain = row.gain_over(row.best_peer)
        if gain is None:
            if row.auto is not None:
                axis.plot(MOST / 1.5, height, marker="|", color=colour, markersize=8, markeredgewidth=2, zorder=3)
            continue
        shown = min(max(gain, LEAST), MOST)
        axis.plot([1, shown], [height, height], color=colour, linewidth=2.2, alpha=0.55, zorder=3)
        axis.plot(shown, height, marker="o", color=colour, markersize=5.5, zorder=4)
        possible = row.gain_over(row.best_method)
        if possible is not None and possible < 1 / 1.25:  # auto chose a slower one: show what was missed
            axis.plot(min(gain / possible, MOST), height, marker="o", mfc="none", mec=colour, markersize=5.5, zorder=4)
    axis.set_xscale("log")
    axis.set_xlim(LEAST / 1.2, MOST * 1.2)
    ticks = [10.0**power for power in range(math.ceil(math.log10(LEAST)), int(math.log10(MOST)) + 1)]
    axis.set_xticks(ticks, [f"{tick:g}x" for tick in ticks], fontsize=8)
    axis.tick_params(axis="y", length=0)
    for side in ("top", "right", "left"):
        axis.spines[side].set_visible(False)


def _legend(figure, colours: dict[str, str]) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=colour, marker="o", linestyle="none", label=f"{name} is our fastest")
        for name, colour in colours.items()
    ]
    handles += [
        Line2D([], [], color="black", marker="o", mfc="none", linestyle="none", label="what auto missed"),
        Line2D([], [], color="black", marker="|", linestyle="none", label="no peer could be timed"),
        Line2D([], [], color="#cccccc", linewidth=6, label="a tie (10 %)"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=4, fontsize=8, frameon=False)
