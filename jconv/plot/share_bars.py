"""Which input channel an output is made of, by four measures beside each other."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from jconv.analysis import ShareRanges, shares
from jconv.plot.arguments import array, names_of
from jconv.plot.arithmetic import MOST_INPUTS, MOST_OUTPUTS
from jconv.plot.panels import largest, left_out, short
from jconv.plot.style import BLACK, Picture, blank, color_of, headline, lowest, one_key

MEASURES = ("weights", "own\nvariance", "covariance\nwith others", "share")
"""Of the kernel's norms; the others of the output's variance. The share is the sum of the two before it."""
WRITTEN_INPUTS = 3
"""Up to so many bars of a measure have their heights written on."""
BARS = 0.8
"""Width of all bars of a measure together."""


def share_bars(
    parts: np.ndarray,
    kernel: np.ndarray,
    *,
    title: str,
    ranges: ShareRanges | None = None,
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
) -> Picture:
    """What each channel has of each output: of its weights, and of its variance, alone and with the others.

    A part's own variance and its covariance with the other parts add up to its share (Pratt, 1987), and the shares of
    an output to 100 %. Weights are the norms of the channels' taps over their sum: they know nothing of the data.
    Of more than 8 outputs those that vary most are drawn; of more than 5 inputs those that add least are drawn as one,
    their sum. The picture says so.

    Args:
        parts: (in, length, out), from `jconv.analysis.contributions`, real or complex.
        kernel: (width, in, out), real or complex; 0 where an output does not see a channel.
        title: text.
        ranges: from `jconv.analysis.share_ranges`; drawn as a whisker from the least share to the largest that other
            kernels with the same output have.
        inputs, outputs: names of the channels, or None for numbers.

    Raises:
        ValueError: shapes or names that do not fit.
    """
    parts = array("parts", parts, "in length out", allow_complex=True)
    count, _, total = parts.shape
    kernel = array("kernel", kernel, "width in out", allow_complex=True, **{"in": count, "out": total})
    names, titles = names_of("inputs", inputs, count, "input"), names_of("outputs", outputs, total, "output")
    limits = None
    if ranges is not None:
        limits = np.stack(
            [
                array(f"ranges.{end}", values, "in out", allow_nan=True, **{"in": count, "out": total})
                for end, values in (("low", ranges.low), ("high", ranges.high))
            ]
        )
    outs = largest(parts.sum(axis=0).std(axis=0), MOST_OUTPUTS)
    own = largest(np.abs(parts[:, :, outs]).mean(axis=(1, 2)), MOST_INPUTS if count > MOST_INPUTS else count)
    groups = [([channel], names[channel]) for channel in own]
    if count > len(own):
        rest = [channel for channel in range(count) if channel not in own]
        groups.append((rest, f"the other {len(rest)} of {count} inputs"))
    columns = 2 if len(outs) > 1 else 1
    rows = -(-len(outs) // columns)
    figure, axes = blank(rows, columns, (11, 1.5 + 2.4 * rows), sharex=True, sharey=True)
    still = []
    for output, ax in zip(outs, axes.flat[: len(outs)], strict=True):
        heights = measures(parts[:, :, output], kernel[:, :, output], [members for members, _ in groups])
        whiskers = [] if limits is None else [limits[:, channel, output] for channel in own]
        draw(ax, heights, [name for _, name in groups], whiskers)
        ax.set_title(short(titles[output]), fontsize=10)
        if not np.isfinite(heights[:, 1:]).all():
            still.append(titles[output])
    for ax in axes.flat[len(outs) :]:
        ax.set_visible(False)
    for ax in lowest(axes):
        ax.set_xticks(range(len(MEASURES)), MEASURES)
        ax.tick_params(labelbottom=True)
    for ax in axes[:, 0]:
        ax.set_ylabel("% of weights, variance")
    one_key(figure, axes[0, 0])
    figure.note(left_out(len(outs), total, "outputs", "those that vary most"))
    if limits is not None:
        figure.note("Whiskers: the shares of other kernels that make the same output of these data.")
    if still:
        figure.note(f"No variance to share out: {', '.join(still)}.")
    headline(figure, title)
    return figure


def measures(parts: np.ndarray, kernel: np.ndarray, groups: Sequence[Sequence[int]]) -> np.ndarray:
    """(groups, 4) percentages of one output, in the order of `MEASURES`: parts (in, length), kernel (width, in).

    NaN where the output does not vary.
    """
    norms = np.linalg.norm(kernel, axis=0)
    whole = parts.sum(axis=0)
    varies = np.isfinite(shares(parts[:, :, None])).all()
    variance = whole.var() if varies else np.nan
    found = np.empty((len(groups), len(MEASURES)))
    for row, members in enumerate(groups):
        part = parts[list(members)].sum(axis=0)
        others = whole - part
        together = np.mean((part - part.mean()) * (others - others.mean()).conj()).real / variance
        alone = part.var() / variance
        found[row] = norms[list(members)].sum() / (norms.sum() or 1.0), alone, together, alone + together
    return 100 * found


def draw(ax: Axes, heights: np.ndarray, names: Sequence[str], whiskers: Sequence[np.ndarray]) -> None:
    """One bar a channel (row) for each measure (column), in percent; whiskers, as fractions, at the last measure."""
    ax.axhline(0, color=BLACK, linewidth=0.6)
    ax.margins(y=0.1)  # room for the numbers
    ax.axvline(0.5, color=BLACK, linewidth=0.6, linestyle=":")
    width = BARS / len(heights)
    for row, (name, bars) in enumerate(zip(names, heights, strict=True)):
        places = np.arange(len(bars)) + (row - (len(heights) - 1) / 2) * width
        ax.bar(places, np.nan_to_num(bars), width=0.92 * width, color=color_of(row), label=name)
        ends = np.stack([bars, bars])
        if row < len(whiskers) and np.isfinite(whiskers[row]).all():
            ends[:, -1] = 100 * whiskers[row]
            ax.plot([places[-1]] * 2, ends[:, -1], color=BLACK, linewidth=1.2, marker="_", markersize=7)
        if len(heights) <= WRITTEN_INPUTS:
            for place, bar, low, high in zip(places, bars, *ends, strict=True):
                write(ax, place, bar, low if bar < 0 else high)


def write(ax: Axes, place: float, bar: float, end: float) -> None:
    """The height of a bar, beyond the end of its whisker; nothing of one that is missing."""
    if np.isfinite(bar):
        side, away = ("top", -2) if bar < 0 else ("bottom", 2)
        offset: dict[str, Any] = {"textcoords": "offset points", "ha": "center", "va": side}
        ax.annotate(f"{bar:.0f}", (place, end), (0, away), fontsize=8, **offset)
