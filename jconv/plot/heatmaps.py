"""Kernels as maps, with the weights written in where there is room."""

from collections.abc import Sequence

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from jconv.plot.arguments import array, names_of
from jconv.plot.panels import MOST_PANELS, MOST_SIDE, largest, left_out
from jconv.plot.style import WEIGHTS, Picture, blank, headline, lowest

MOST_ROWS = 64
MOST_CELLS = 128
"""Cells in a row; beyond, each stands for several neighbouring taps."""
WRITTEN_TAPS, WRITTEN_INPUTS = 6, 8
"""Up to so many the weights are written in."""


def kernel_heatmaps(
    kernel: np.ndarray, *, title: str, bias: np.ndarray | None = None, inputs: Sequence[str] | None = None
) -> Picture:
    """Each output's kernel as a map of input channel by tap; blue below 0, red above.

    Up to 16 outputs, 64 inputs and 128 taps are drawn as they are. Of more outputs or inputs those with the largest
    weights are drawn, of more taps the largest of each few neighbours, and the picture says so.

    Args:
        kernel: (width, in, out), real.
        title: text.
        bias: (out,), written above each map.
        inputs: names of the input channels.

    Raises:
        ValueError: shapes that do not fit, or complex numbers.
    """
    kernel = array("kernel", kernel, "width in out")
    width, count, outputs = kernel.shape
    bias = None if bias is None else array("bias", bias, "out", out=outputs)
    names = names_of("inputs", inputs, count, "input")
    power = np.square(kernel).sum(axis=0)
    outs, ins = largest(power.sum(axis=0), MOST_PANELS), largest(power.sum(axis=1), MOST_ROWS)
    columns = min(len(outs), MOST_SIDE)
    rows = -(-len(outs) // columns)
    tall = min(0.55 * len(ins), 3.3)
    figure, axes = blank(rows, columns, (1.6 + 2.7 * columns, 1.4 + rows * (1.1 + tall)))
    drawn = kernel[:, ins][:, :, outs]
    most = float(np.abs(drawn).max()) or 1.0
    colors = ScalarMappable(Normalize(-most, most), WEIGHTS)
    together = -(-width // MOST_CELLS)
    cells = largest_of_neighbours(drawn, together)
    for place, (output, ax) in enumerate(zip(outs, axes.flat[: len(outs)], strict=True)):
        extent = (-0.5, len(cells) * together - 0.5, len(ins) - 0.5, -0.5)
        ax.imshow(cells[:, :, place].T, cmap=WEIGHTS, norm=colors.norm, aspect="auto", extent=extent)
        ax.set_xlim(-0.5, width - 0.5)
        ax.grid(False)
        ax.spines[:].set_visible(False)
        ax.tick_params(length=0)
        ax.set_xticks(range(0, width, -(-width // 8)) if width > 12 else range(width))
        shown = range(0, len(ins), -(-len(ins) // 12))
        ax.set_yticks(shown, [names[ins[row]] if place % columns == 0 else "" for row in shown])
        ax.set_title(f"output {output}" + ("" if bias is None else f"   bias {bias[output]:+.3f}"), fontsize=10)
        if width <= WRITTEN_TAPS and count <= WRITTEN_INPUTS:
            for (tap, channel), weight in np.ndenumerate(kernel[:, :, output]):
                color = "w" if abs(weight) > 0.6 * most else "k"
                ax.text(tap, channel, f"{weight:+.2f}", ha="center", va="center", color=color, fontsize=9)
    for ax in axes.flat[len(outs) :]:
        ax.set_visible(False)
    for ax in lowest(axes):
        ax.set_xlabel("tap (0 is the earliest)")
    bar = figure.colorbar(colors, ax=list(axes.flat[: len(outs)]), label="weight", pad=0.02)
    bar.outline.set_visible(False)  # type: ignore[union-attr]
    reason = "those with the largest weights"
    figure.note(left_out(len(outs), outputs, "outputs", reason) + left_out(len(ins), count, "inputs", reason))
    if together > 1:
        figure.note(f"Each cell is the largest of {together} neighbouring taps, of {width} in all.")
    headline(figure, title)
    return figure


def largest_of_neighbours(values: np.ndarray, together: int) -> np.ndarray:
    """Along the first axis, of each `together` neighbours the one that is furthest from 0."""
    padded = np.pad(values, [(0, -len(values) % together), *[(0, 0)] * (values.ndim - 1)])
    groups = padded.reshape(-1, together, *values.shape[1:])
    place = np.abs(groups).argmax(axis=1, keepdims=True)
    return np.take_along_axis(groups, place, axis=1)[:, 0]
