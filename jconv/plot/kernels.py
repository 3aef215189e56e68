"""Kernels tap by tap, over each other."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from jconv.plot.arguments import array, at_most, real_lines, same_shape
from jconv.plot.panels import label_pairs, pair_panels
from jconv.plot.style import BLACK, BLUE, MOST_LINES, VERMILION, Picture, headline, line_of, one_key

MOST_MARKS = 64
"""Taps that have marks; more would be one blob."""
LARGEST_WEIGHTS = "those with the largest weights"


def kernel_curves(
    lags: np.ndarray,
    kernels: Mapping[str, np.ndarray],
    *,
    title: str,
    lag_label: str,
    biases: Mapping[str, np.ndarray] | None = None,
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
) -> Picture:
    """Kernels over each other, tap by tap, and their biases beside them.

    Of more than 4 channels in and out, or 16 if the other is single, those with the largest weights are drawn, and
    the picture says so.

    Args:
        lags: (width,): when each tap looks, before (negative) or after the output's own time.
        kernels: name -> (width, in, out), at most 24; the first has filled marks, the others open ones on top of it.
            A complex one is drawn as two, its real and its imaginary part.
        title, lag_label: text.
        biases: name -> (out,) of some of the kernels, real where the kernel is.
        inputs, outputs: names of the channels, or None for numbers.

    Raises:
        ValueError: shapes or names that do not fit, or more kernels than can be told apart.
    """
    lags = array("lags", lags, "width")
    kernels = same_shape("kernels", kernels, "width in out", width=len(lags))
    sizes = np.max([np.sqrt(np.mean(np.abs(kernel) ** 2, axis=0)) for kernel in kernels.values()], axis=0)
    found = same_shape("biases", biases, "out", out=sizes.shape[1]) if biases else {}
    found = {name: bias + 0j if np.iscomplexobj(kernels.get(name, bias)) else bias for name, bias in found.items()}
    lines, levels = real_lines(kernels.items()), real_lines(found.items())
    names = [name for name, _ in lines]
    unknown = [name for name, _ in levels if name not in names]
    if unknown:
        raise ValueError(f"`biases` has {unknown[0]!r}, which is none of the kernels: {', '.join(names)}")
    at_most("kernels", len(lines), MOST_LINES, "lines")
    pairs = pair_panels(sizes, reason=LARGEST_WEIGHTS, beside=bool(levels), inputs=inputs, outputs=outputs)
    for ax, row, column in pairs.panels:
        ax.axhline(0, color=BLACK, linewidth=0.6)
        if len(lags) == 1:
            ax.set_xlim(lags[0] - 1, lags[0] + 1)
        for number, (name, kernel) in enumerate(lines):
            ax.plot(lags, kernel[:, row, column], label=name, **mark(number, len(lags)))
    if pairs.beside is not None:
        draw_biases(pairs.beside, [(names.index(name), bias) for name, bias in levels], pairs.outputs)
    label_pairs(pairs.axes, lag_label, "weight")
    one_key(pairs.figure, pairs.axes[0, 0])
    headline(pairs.figure, title)
    return pairs.figure


def draw_biases(ax: Axes, biases: list[tuple[int, np.ndarray]], outputs: list[int]) -> None:
    """One column of marks an output; each bias has the number of its kernel."""
    places = np.arange(len(outputs))
    ax.axhline(0, color=BLACK, linewidth=0.6)
    for number, bias in biases:
        ax.plot(places, bias[outputs], **{**mark(number, 1), "linewidth": 0})
    crowded: dict[str, Any] = {"rotation": 90, "fontsize": 7} if len(outputs) > 4 else {}
    ax.set_xticks(places, [str(output) for output in outputs], **crowded)
    ax.set_xlim(-0.6, len(outputs) - 0.4)
    ax.set_title("bias", fontsize=10)
    ax.set_xlabel("output", fontsize=9)


def mark(number: int, taps: int) -> dict[str, Any]:
    """Line and marks of a kernel."""
    special: tuple[dict[str, Any], ...] = (
        {"marker": "o", "markersize": 5, "linewidth": 1.8, "color": BLUE},
        {"marker": "o", "markersize": 9, "linewidth": 1.2, "linestyle": "--", "color": VERMILION},
        {"marker": "x", "markersize": 8, "linewidth": 0, "color": BLACK, "markeredgewidth": 1.8},
    )
    if number < len(special):
        style = dict(special[number])
    else:
        style = {"marker": "sD^v"[number % 4], "markersize": 6, "linewidth": 1.2, **line_of(number)}
    if number:
        style["markerfacecolor"] = "none"
    if taps > MOST_MARKS:
        style["marker"] = ""
        if not style["linewidth"]:
            style |= {"linewidth": 1.4, "linestyle": ":"}
    return style
