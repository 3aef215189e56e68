"""One convolution taken apart: channel by channel, and one output as a sum of products."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize

from jconv.analysis import shares
from jconv.plot.arguments import array, names_of
from jconv.plot.panels import largest, left_out, outline, outlined
from jconv.plot.style import BLACK, GREY, ORANGE, WEIGHTS, WHITE_BEHIND, Picture, blank, color_of, headline, lowest

MOST_OUTPUTS = 8
MOST_INPUTS = 5
"""Input channels that have a colour of their own; the others are drawn as one, their sum."""
WRITTEN_TAPS, MOST_TAPS = 8, 128


def contribution_panels(
    time: np.ndarray,
    parts: np.ndarray,
    bias: np.ndarray,
    outputs: np.ndarray,
    *,
    title: str,
    time_label: str,
    value_label: str,
    inputs: Sequence[str],
    kernel: np.ndarray | None = None,
) -> Picture:
    """What each input channel adds to each output, and that with the bias it adds up.

    Above each panel stands the share of the output's variance (`jconv.analysis.shares`) of the channel that has most
    of it. Of more than 8 outputs those that vary most are drawn; of more than 5 inputs the ones that add least are
    drawn as one line, their sum. The picture says so.

    Args:
        time: (length,).
        parts: (in, length, out), from `jconv.analysis.contributions`, real.
        bias: (out,).
        outputs: (length, out), which is the sum of the parts and the bias.
        title, time_label, value_label: text.
        inputs: names of the input channels.
        kernel: (width, in, out), to set what a channel's weights suggest beside what it adds.

    Raises:
        ValueError: shapes that do not fit, or complex numbers.
    """
    time = array("time", time, "length")
    parts = array("parts", parts, "in length out", length=len(time))
    count, _, total = parts.shape
    bias, outputs = array("bias", bias, "out", out=total), array("outputs", outputs, "length out", out=total)
    names = names_of("inputs", inputs, count, "input")
    if kernel is not None:
        kernel = array("kernel", kernel, "width in out", **{"in": count, "out": total})
    outs = largest(outputs.std(axis=0), MOST_OUTPUTS)
    own = largest(np.abs(parts[:, :, outs]).mean(axis=(1, 2)), MOST_INPUTS if count > MOST_INPUTS else count)
    lines = [(f"from {names[channel]}", parts[channel]) for channel in own]
    if count > len(own):
        rest = np.delete(parts, own, axis=0).sum(axis=0)
        lines.append((f"from the other {count - len(own)} of {count} inputs", rest))
    columns = 2 if len(outs) > 1 else 1
    rows = -(-len(outs) // columns)
    figure, axes = blank(rows, columns, (11, 1.5 + 2.7 * rows), sharex=True, sharey=True)
    for output, ax in zip(outs, axes.flat[: len(outs)], strict=True):
        ax.axhline(0, color=BLACK, linewidth=0.6)
        for place, (label, part) in enumerate(lines):
            when, values = outline(time, part[:, output])
            ax.fill_between(when, values, color=color_of(place), alpha=0.15, linewidth=0)
            ax.plot(when, values, color=color_of(place), linewidth=1.5, label=label)
        ax.axhline(bias[output], color=GREY, linestyle=":", linewidth=1.8, label="bias")
        total_line = parts[:, :, output].sum(axis=0) + bias[output]
        ax.plot(*outline(time, total_line), color=ORANGE, linewidth=4, alpha=0.7, label="their sum")
        ax.plot(*outline(time, outputs[:, output]), color=BLACK, linewidth=1.2, label="output")
        own_kernel = None if kernel is None else kernel[:, :, output]
        ax.set_title(f"output {output}: {leading(parts[:, :, output], names, own_kernel)}", fontsize=10)
    for ax in axes.flat[len(outs) :]:
        ax.set_visible(False)
    for ax in lowest(axes):
        ax.set_xlabel(time_label)
        ax.tick_params(labelbottom=True)
    for ax in axes[:, 0]:
        ax.set_ylabel(value_label)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(len(labels), 5), frameon=False, fontsize=10)
    figure.note(left_out(len(outs), total, "outputs", "those that vary most") + outlined(len(time)))
    if np.nanmax(shares(parts[:, :, outs]), initial=0) >= 1.005:
        figure.note("More than 100% of the variance: another channel works against this one.")
    headline(figure, title)
    return figure


def leading(parts: np.ndarray, names: Sequence[str], kernel: np.ndarray | None) -> str:
    """Who gives most of an output's variance, and of the weights: parts (in, length), kernel (width, in)."""
    share = shares(parts[:, :, None])[:, 0]
    if not np.isfinite(share).all():
        return "does not vary"
    leader = int(share.argmax())
    text = f"{names[leader]} gives {share[leader]:.0%} of the variance"
    if kernel is None or not kernel.any():
        return text
    norms = np.linalg.norm(kernel, axis=0)
    return f"{text}, has {norms[leader] / norms.sum():.0%} of the weights"


def window_by_hand(
    window: np.ndarray, weights: np.ndarray, bias: float, *, title: str, inputs: Sequence[str]
) -> Picture:
    """One output as arithmetic: the window, the weights, their products, and the bar that they and the bias pile up to.

    Up to 8 taps have their numbers written in. Of more than 128 taps the 128 neighbours with the largest products are
    drawn, of more than 5 inputs those with the largest dot products, the others as one bar; the picture says so.

    Args:
        window: (width, in), the samples that the output sees, real.
        weights: (width, in), the kernel of that output, real.
        bias: of that output.
        title: text.
        inputs: names of the input channels.

    Raises:
        ValueError: shapes that do not fit, or complex numbers.
    """
    window = array("window", window, "width in")
    weights = array("weights", weights, "width in", **{"width": window.shape[0], "in": window.shape[1]})
    names = names_of("inputs", inputs, window.shape[1], "input")
    bias = float(array("bias", [bias], "one")[0])
    products = window * weights
    width, count = window.shape
    dots = products.sum(axis=0)
    own = largest(np.abs(dots), MOST_INPUTS)
    taps = heaviest_run(np.abs(products).sum(axis=1), MOST_TAPS)
    figure, axes = blank(1, 2, (11, 4.6 + 0.5 * max(len(own) - 2, 0)), width_ratios=[1.1, 1])
    left, right = axes[0]
    maps = {"samples": window, "times weights": weights, "= products": products}
    draw_maps(left, {name: values[taps][:, own] for name, values in maps.items()}, [names[c] for c in own])
    steps = [(f"{names[channel]}:\ndot product", float(dots[channel]), color_of(n)) for n, channel in enumerate(own)]
    if count > len(own):
        rest = float(np.delete(dots, own).sum())
        steps.append((f"other {count - len(own)}\nof {count}", rest, color_of(len(own))))
    draw_sum(right, [*steps, ("bias", bias, GREY)])
    figure.note(
        left_out(len(own), count, "inputs", "those with the largest dot products; the bars hold all")
        + left_out(taps.stop - taps.start, width, "taps", f"from tap {taps.start} on, where the products are largest")
    )
    headline(figure, title)
    return figure


def heaviest_run(sizes: np.ndarray, most: int) -> slice:
    """The `most` neighbours with the largest sum, or all if there are no more."""
    if len(sizes) <= most:
        return slice(0, len(sizes))
    start = int(np.convolve(sizes, np.ones(most), "valid").argmax())
    return slice(start, start + most)


def draw_maps(ax: Axes, maps: dict[str, np.ndarray], names: Sequence[str]) -> None:
    """Maps (width, in) under each other, with numbers where there is room."""
    most = max(float(np.abs(values).max()) for values in maps.values()) or 1.0
    width, count = next(iter(maps.values())).shape
    gap = 0.8
    size = 10 if width <= 4 else 8
    for row, (name, values) in enumerate(maps.items()):
        top = row * (count + gap)
        extent = (0, width, top + count, top)
        ax.imshow(values.T, cmap=WEIGHTS, norm=Normalize(-most, most), extent=extent, aspect="auto")
        ax.text(0, top - 0.12, name, ha="left", va="bottom", fontsize=10, fontweight="bold")
        for (tap, channel), value in np.ndenumerate(values):
            if width <= WRITTEN_TAPS:
                where = tap + 0.5, top + channel + 0.5
                color = "w" if abs(value) > 0.6 * most else "k"
                digits = 4 if width <= 4 else 2
                ax.text(*where, f"{value:+.{digits}f}", ha="center", va="center", fontsize=size, color=color)
        for channel, label in enumerate(names):
            ax.text(-0.03 * width, top + channel + 0.5, label, ha="right", va="center")
    ax.set(xlim=(-0.2 * width, width), ylim=(2 * (count + gap) + count, -0.6))
    ax.axis("off")


def draw_sum(ax: Axes, steps: Sequence[tuple[str, float, str]]) -> None:
    """A bar for each (name, step, colour) that begins where the last one ended, and one for their sum."""
    base = 0.0
    crowded = len(steps) > 4
    digits, size = (2, 8) if crowded else (4, 10)
    above = {
        "fontsize": size,
        "xytext": (0, 3),
        "textcoords": "offset points",
        "ha": "center",
        "va": "bottom",
        "bbox": WHITE_BEHIND,
    }
    ends = [0.0]
    ax.axhline(0, color=BLACK, linewidth=0.6)
    for place, (_, step, color) in enumerate(steps):
        ax.bar(place, step, bottom=base, color=color, width=0.6)
        ax.annotate(f"{step:+.{digits}f}", (place, max(base, base + step)), **above)
        base += step
        ends.append(base)
    ax.bar(len(steps), base, color=BLACK, width=0.6)
    ax.annotate(f"{base:.{digits}f}", (len(steps), max(base, 0)), fontweight="bold", **above)
    slanted = {"rotation": 40, "ha": "right", "rotation_mode": "anchor", "fontsize": 8} if crowded else {}
    ax.set_xticks(range(len(steps) + 1), [*(name for name, _, _ in steps), "output"], **slanted)
    ax.grid(False)
    ax.set_ylabel("running sum")
    room = 0.12 * float(np.ptp(ends)) or 1.0
    ax.set_ylim(min(ends) - room / 2, max(ends) + room)
