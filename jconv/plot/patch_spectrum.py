"""How strongly an input shows each direction of kernel space, and the kernels that it shows least."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.ticker import MaxNLocator

from jconv.analysis import Identifiability
from jconv.plot.arguments import array, names_of
from jconv.plot.heatmaps import MOST_CELLS, MOST_ROWS, WRITTEN_INPUTS, WRITTEN_TAPS, largest_of_neighbours
from jconv.plot.panels import largest, left_out, short
from jconv.plot.style import BLACK, BLUE, GREY, WEIGHTS, Picture, dress, headline

MOST_BARS = 512
MOST_KERNELS = 4
LOWEST = 1e-20
"""Of the largest eigenvalue; less is drawn as this."""


def patch_spectrum(found: Identifiability, *, title: str, inputs: Sequence[str] | None = None) -> Picture:
    """Eigenvalues of the windows' Gram matrix as bars, and under them the kernels that this input cannot show.

    Each bar is the mean square of the output of a kernel of norm 1 along its direction. Grey ones are no more than
    rounding (below 1e-20 of the largest all look alike), and the first 4 kernels of that kind are drawn: adding one
    changes no output. Where the input shows all directions the 4 weakest are drawn. The picture says what it leaves
    out.

    Args:
        found: from `jconv.analysis.identifiability`, of a real input. Groups of channels stand one after the other.
        title: text.
        inputs: names of the input channels, or None for numbers.

    Raises:
        ValueError: complex kernels, or not one name for each channel.

    >>> import numpy as np
    >>> from jconv.analysis import identifiability
    >>> found = identifiability(np.sin(np.arange(50.0))[:, None], 4)
    >>> figure = patch_spectrum(found, title="Of 4 weights a sine shows 2")
    >>> [len(bars) for bars in figure.axes[0].containers]
    [2, 2]
    """
    values = array("found.eigenvalues", found.eigenvalues, "groups unknowns")
    blind = len(found.unseen) > 0
    kernels, groups = (found.unseen, found.group) if blind else (found.directions, found.directions_group)
    order = np.arange(len(kernels)) if blind else np.argsort(found.weak, kind="stable")
    kernels = array("found.unseen" if blind else "found.directions", kernels, "count width in")
    per_group = kernels.shape[2]
    names = names_of("inputs", inputs, per_group * len(values), "input")
    shown = order[:MOST_KERNELS]
    ins = largest(np.square(kernels[shown]).sum(axis=(0, 1)), MOST_ROWS)
    tall = 0.9 + min(0.35 * len(ins), 3.5)
    figure = Picture(figsize=(10, 3.8 + tall))
    grid = figure.add_gridspec(2, MOST_KERNELS, height_ratios=[2.6, tall])
    bars = figure.add_subplot(grid[0, :])
    drawn = draw_spectrum(bars, values, np.bincount(found.directions_group, minlength=len(values)))
    most = float(np.abs(kernels[shown]).max()) or 1.0
    maps = [figure.add_subplot(grid[1, column]) for column in range(len(shown))]
    for ax, number in zip(maps, shown, strict=True):
        first = int(groups[number]) * per_group
        draw_kernel(ax, kernels[number][:, ins], most, [short(names[first + row]) for row in ins], ax is maps[0])
        strength = "unseen" if blind else f"seen at {found.weak[number]:.2g} of the strongest"
        ax.set_title(strength, fontsize=9)
    bar = figure.colorbar(ScalarMappable(Normalize(-most, most), WEIGHTS), ax=maps, label="weight", pad=0.02)
    bar.outline.set_visible(False)  # type: ignore[union-attr]
    figure.note(left_out(drawn, values.size, "eigenvalues", "evenly spread"))
    what = "kernels that the input cannot show" if blind else "directions"
    figure.note(left_out(len(shown), len(kernels), what, "the first" if blind else "the weakest"))
    figure.note(left_out(len(ins), per_group, "inputs", "those with the largest weights"))
    headline(figure, title)
    return figure


def draw_spectrum(ax: Axes, values: np.ndarray, ranks: np.ndarray) -> int:
    """Eigenvalues (groups, unknowns), the first `ranks` of each group seen. Returns how many bars there are."""
    dress(ax)
    seen = (np.arange(values.shape[1]) < ranks[:, None]).ravel()
    least = LOWEST * (float(values.max()) or 1.0)
    flat = np.maximum(values.ravel(), least)
    kept = np.unique(np.linspace(0, flat.size - 1, min(flat.size, MOST_BARS)).round().astype(int))
    kinds = (("seen", seen[kept], BLUE), ("no more than rounding", ~seen[kept], GREY))
    for name, own, color in kinds:
        if own.any():
            ax.bar(kept[own], flat[kept[own]], width=0.85 * flat.size / len(kept), color=color, label=name)
    for group in range(1, len(values)):
        ax.axvline(group * values.shape[1] - 0.5, color=BLACK, linewidth=0.6, linestyle=":")
    ax.set_yscale("log")
    ax.set_ylim(flat[kept].min() / 3, flat[kept].max() * 3)
    ax.set_xlim(-0.7, flat.size - 0.3)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set(xlabel="direction of kernel space, the strongest first", ylabel="mean square of its output")
    ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, fontsize=9)
    return len(kept)


def draw_kernel(ax: Axes, kernel: np.ndarray, most: float, names: Sequence[str], named: bool) -> None:
    """A kernel (width, in) as a map, with its weights where there is room."""
    width, count = kernel.shape
    together = -(-width // MOST_CELLS)
    cells = largest_of_neighbours(kernel, together)
    extent = (-0.5, len(cells) * together - 0.5, count - 0.5, -0.5)
    ax.imshow(cells.T, cmap=WEIGHTS, norm=Normalize(-most, most), aspect="auto", extent=extent)
    ax.set_xlim(-0.5, width - 0.5)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    rows = range(0, count, -(-count // 12))
    ax.set_yticks(rows, [names[row] if named else "" for row in rows])
    ax.set_xlabel("tap (0 is the earliest)", fontsize=9)
    if width <= WRITTEN_TAPS and count <= WRITTEN_INPUTS:
        for (tap, channel), weight in np.ndenumerate(kernel):
            color = "w" if abs(weight) > 0.6 * most else "k"
            ax.text(tap, channel, f"{weight:+.2f}", ha="center", va="center", color=color, fontsize=8)
