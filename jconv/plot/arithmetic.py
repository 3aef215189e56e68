"""One convolution taken apart: channel by channel, and one output as a sum of products."""

from collections.abc import Sequence

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from jconv.plot.style import BLACK, GREY, ORANGE, WEIGHTS, blank, color_of, headline


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
) -> Figure:
    """What each input channel adds to each output, and that it adds up.

    Args:
        time: (length,).
        parts: (in, length, out), from `jconv.analysis.contributions`.
        bias: (out,).
        outputs: (length, out), which is the sum of the parts and the bias.
        title, time_label, value_label: text.
        inputs: names of the input channels.
    """
    count = outputs.shape[1]
    columns = 2 if count > 1 else 1
    rows = -(-count // columns)
    figure, axes = blank(rows, columns, (11, 1.5 + 2.7 * rows), sharex=True, sharey=True)
    for output, ax in enumerate(axes.flat):
        if output >= count:
            ax.set_visible(False)
            continue
        ax.axhline(0, color=BLACK, linewidth=0.6)
        for channel, name in enumerate(inputs):
            ax.fill_between(time, parts[channel, :, output], color=color_of(channel), alpha=0.15, linewidth=0)
            ax.plot(time, parts[channel, :, output], color=color_of(channel), linewidth=1.5, label=f"from {name}")
        ax.axhline(bias[output], color=GREY, linestyle=":", linewidth=1.8, label="bias")
        ax.plot(
            time, parts[:, :, output].sum(0) + bias[output], color=ORANGE, linewidth=4, alpha=0.7, label="their sum"
        )
        ax.plot(time, outputs[:, output], color=BLACK, linewidth=1.2, label="output")
        share = np.abs(parts[:, :, output]).mean(axis=1)
        leader = int(share.argmax())
        ax.set_title(f"output {output}: {inputs[leader]} gives {share[leader] / share.sum():.0%}", fontsize=10)
    for ax in axes[-1]:
        ax.set_xlabel(time_label)
    for ax in axes[:, 0]:
        ax.set_ylabel(value_label)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False, fontsize=10)
    headline(figure, title)
    return figure


def window_by_hand(
    window: np.ndarray, weights: np.ndarray, bias: float, *, title: str, inputs: Sequence[str]
) -> Figure:
    """One output as arithmetic: the window, the weights, their products, and the bar that they and the bias pile up to.

    Args:
        window: (width, in), the samples that the output sees.
        weights: (width, in), the kernel of that output.
        bias: of that output.
        title: text.
        inputs: names of the input channels.
    """
    products = window * weights
    figure = Figure(figsize=(11, 4.6), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, width_ratios=[1.1, 1])
    most = max(float(np.abs(values).max()) for values in (window, weights, products)) or 1.0
    width, count = window.shape
    gap = 0.8
    for row, (name, values) in enumerate((("samples", window), ("times weights", weights), ("= products", products))):
        top = row * (count + gap)
        left.imshow(
            values.T, cmap=WEIGHTS, norm=Normalize(-most, most), extent=(0, width, top + count, top), aspect="auto"
        )
        left.text(0, top - 0.12, name, ha="left", va="bottom", fontsize=10, fontweight="bold")
        for (tap, channel), value in np.ndenumerate(values):
            dark = abs(value) > 0.6 * most
            left.text(
                tap + 0.5, top + channel + 0.5, f"{value:+.4f}", ha="center", va="center", color="w" if dark else "k"
            )
        for channel, label in enumerate(inputs):
            left.text(-0.1, top + channel + 0.5, label, ha="right", va="center")
    left.set(xlim=(-0.6, width), ylim=(2 * (count + gap) + count, -0.6))
    left.axis("off")
    steps = [*products.sum(axis=0), bias]
    names = [*(f"{name}: dot product" for name in inputs), "bias"]
    base = 0.0
    for place, (name, step) in enumerate(zip(names, steps, strict=True)):
        right.bar(place, step, bottom=base, color=GREY if name == "bias" else color_of(place), width=0.6)
        right.text(place, max(base, base + step), f"{step:+.4f}", ha="center", va="bottom")
        base += float(step)
    right.bar(len(steps), base, color=BLACK, width=0.6)
    right.text(len(steps), max(base, 0), f"{base:.4f}", ha="center", va="bottom", fontweight="bold")
    right.set_xticks(range(len(steps) + 1), [*(name.replace(": ", ":\n") for name in names), "output"])
    right.axhline(0, color=BLACK, linewidth=0.6)
    right.spines[["top", "right"]].set_visible(False)
    right.set_ylabel("running sum")
    ends = np.concatenate([[0.0], np.cumsum(steps)])
    room = 0.12 * float(np.ptp(ends)) or 1.0
    right.set_ylim(ends.min() - room / 2, ends.max() + room)
    headline(figure, title)
    return figure
