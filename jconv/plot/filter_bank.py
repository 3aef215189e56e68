"""A bank of filters on one frequency axis: what each passes, where each began, and what all pass together."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from jconv.plot.arguments import array, names_of
from jconv.plot.frequencies import LOWEST_POWER, decibels
from jconv.plot.heatmaps import largest_of_neighbours
from jconv.plot.panels import largest, left_out, short
from jconv.plot.response_training import GAINS, MOST_COLUMNS, edges, rising
from jconv.plot.style import BLUE, VERMILION, Picture, dress, headline, one_key

MOST_FILTERS = 128
NAMED = 32
"""Up to so many have their names at the side."""


def filter_bank(
    frequencies: np.ndarray,
    start: np.ndarray,
    end: np.ndarray,
    *,
    title: str,
    frequency_label: str,
    floor_db: float = -60.0,
    names: Sequence[str] | None = None,
) -> Picture:
    """Gain of each filter as a row, sorted by centre frequency, with the way of the centre from start to end.

    Above stands the sum of the filters' power gains, which shows what the bank as a whole lets through: SincNet's
    cumulative response (Ravanelli and Bengio, 2018), of powers. A centre is the mean frequency, weighted by power gain.
    Of more than 128 filters those with the largest gain are drawn, of more than 512 frequencies the largest gain of
    each few neighbours; the picture says so. The sum is always of all.

    Args:
        frequencies: (points,), rising; two or more.
        start, end: (points, filters), complex or magnitude, before and after training.
        title, frequency_label: text.
        floor_db: less than this under the largest gain is drawn as this.
        names: of the filters, or None for numbers.

    Raises:
        ValueError: shapes or names that do not fit, or frequencies that do not rise.
    """
    frequencies = rising("frequencies", frequencies, "points")
    points = len(frequencies)
    start = np.abs(array("start", start, "points filters", allow_complex=True, points=points))
    count = start.shape[1]
    end = np.abs(array("end", end, "points filters", allow_complex=True, points=points, filters=count))
    named = names_of("names", names, count, "output")
    centres = np.stack([centre(frequencies, start), centre(frequencies, end)])
    shown = np.array(largest(end.max(axis=0), MOST_FILTERS))
    shown = shown[np.argsort(centres[1, shown], kind="stable")]
    figure = Picture(figsize=(10, 4.2 + 0.16 * max(min(len(shown), NAMED), 8)))
    top, rows = figure.subplots(2, 1, sharex=True, height_ratios=[1, 1 + 0.08 * min(len(shown), NAMED)])
    dress(top)
    sums = [np.square(gain).sum(axis=1) for gain in (start, end)]
    least = LOWEST_POWER * (float(np.max(sums)) or 1.0)
    for name, power, color, width in (("start", sums[0], VERMILION, 1.4), ("end", sums[1], BLUE, 2.0)):
        top.plot(frequencies, 10 * np.log10(np.maximum(power, least)), color=color, linewidth=width, label=name)
    top.set_ylabel("sum of powers (dB)")
    top.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, fontsize=9)
    most = 20 * np.log10(float(end.max()) or 1.0)
    norm = Normalize(most + floor_db, most)
    heights = decibels(end[:, shown], most + floor_db)
    draw_rows(rows, frequencies, heights, norm)
    draw_ways(rows, centres[:, shown])
    marked = range(0, len(shown), -(-len(shown) // NAMED))
    rows.set_yticks(marked, [short(named[shown[row]]) for row in marked], fontsize=8)
    rows.set(xlabel=frequency_label, ylabel="by centre frequency")
    bar = figure.colorbar(ScalarMappable(norm, GAINS), ax=rows, label="gain at the end (dB)", pad=0.02)
    bar.outline.set_visible(False)  # type: ignore[union-attr]
    one_key(figure, rows)
    figure.note(left_out(len(shown), count, "filters", "those with the largest gain; the sum is of all"))
    together = -(-points // MOST_COLUMNS)
    if together > 1:
        figure.note(f"In the map each column is the largest gain of {together} neighbouring frequencies.")
    headline(figure, title)
    return figure


def centre(frequencies: np.ndarray, gains: np.ndarray) -> np.ndarray:
    """Mean frequency of each filter, weighted by power gain (points, filters); NaN of one that passes nothing."""
    power = np.square(gains)
    whole = power.sum(axis=0)
    return np.where(whole > 0, frequencies @ power / np.where(whole > 0, whole, 1), np.nan)


def draw_rows(ax: Axes, frequencies: np.ndarray, heights: np.ndarray, norm: Normalize) -> None:
    """Heights (points, rows) in dB, the first row at the bottom."""
    together = -(-len(frequencies) // MOST_COLUMNS)
    low = heights.min()
    cells = low + largest_of_neighbours(heights - low, together)
    sides = edges(frequencies)
    sides = np.append(sides[:-1:together], sides[-1])
    ax.pcolormesh(sides, np.arange(heights.shape[1] + 1) - 0.5, cells.T, cmap=GAINS, norm=norm, rasterized=True)
    ax.set_xlim(frequencies[0], frequencies[-1])


def draw_ways(ax: Axes, centres: np.ndarray) -> None:
    """From start to end (2, rows): an open dot, a line, a filled dot."""
    rows = np.arange(centres.shape[1])
    ax.plot(centres, np.stack([rows, rows]), color="white", linewidth=1.6, label="_way")
    dot = {"marker": "o", "linewidth": 0, "markersize": 5}
    ax.plot(centres[0], rows, label="centre at start", markerfacecolor=VERMILION, markeredgecolor="white", **dot)
    ax.plot(centres[1], rows, label="at end", markerfacecolor=BLUE, markeredgecolor="white", **dot)
