"""Pictures of convolutions: arrays in, a matplotlib `Figure` out. Nothing global is touched.

Lines have Okabe and Ito's colours, which colour-blind readers tell apart; weights are blue below 0, white at 0, red
above.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
BLUE, VERMILION, PURPLE = "#0072B2", "#D55E00", "#CC79A7"
LINES = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)
"""One colour a channel, in this order, then again."""
GREY = "#A0A0A0"
WEIGHTS, STEPS = "RdBu_r", "cividis_r"
MOST_PANELS = 4
"""Channels in and channels out that get a panel of their own."""

__all__ = [
    "before_after",
    "contribution_panels",
    "frequency_curves",
    "kernel_curves",
    "kernel_heatmaps",
    "loss_curves",
    "signal_panels",
    "snapshot_curves",
    "window_by_hand",
]


def blank(
    rows: int = 1, columns: int = 1, size: tuple[float, float] = (9, 5), **grid: Any
) -> tuple[Figure, np.ndarray]:
    """A figure with axes (rows, columns), all styled alike."""
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, squeeze=False, **grid)
    for ax in axes.flat:
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(alpha=0.25, linewidth=0.6)
    return figure, axes


def headline(figure: Figure, title: str) -> None:
    """What the picture says, above it."""
    figure.suptitle(title, x=0.01, ha="left", fontsize=12.5, fontweight="bold")


def key(ax: Axes) -> None:
    """A legend right of the axes, where it hides nothing."""
    ax.legend(loc="center left", bbox_to_anchor=(1.005, 0.5), frameon=False, fontsize=9)


def one_key(figure: Figure, ax: Axes) -> None:
    """One legend below for panels that share their lines."""
    handles, labels = ax.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False, fontsize=10)


def color_of(channel: int) -> str:
    """The line colour of a channel."""
    return LINES[channel % len(LINES)]


def signal_panels(
    time: np.ndarray, panels: Mapping[str, tuple[np.ndarray, Sequence[str]]], *, title: str, time_label: str
) -> Figure:
    """Signals over time, one panel each.

    Args:
        time: (length,).
        panels: value label -> ((length, channels), name of each channel).
        title, time_label: text.
    """
    figure, axes = blank(len(panels), 1, (10, 1.2 + 2.8 * len(panels)), sharex=True)
    for ax, (label, (values, names)) in zip(axes[:, 0], panels.items(), strict=True):
        for channel, name in enumerate(names):
            ax.plot(time, values[:, channel], color=color_of(channel), linewidth=1.8, label=name)
        ax.set_ylabel(label)
        key(ax)
    axes[-1, 0].set_xlabel(time_label)
    headline(figure, title)
    return figure


def before_after(
    time: np.ndarray,
    inputs: np.ndarray,
    targets: np.ndarray,
    outputs: np.ndarray,
    *,
    title: str,
    time_label: str,
    value_label: str,
) -> Figure:
    """What went in, what came out, what should have come out, and the difference.

    Args:
        time: (length,).
        inputs: (length, in).
        targets: (length, out).
        outputs: (length, out).
        title, time_label, value_label: text.
    """
    count = min(targets.shape[1], MOST_PANELS)
    figure, axes = blank(
        count + 2, 1, (11, 2.2 + 1.75 * (count + 2)), sharex=True, height_ratios=[1.3] + [1.3] * count + [0.8]
    )
    first, *middle, last = axes[:, 0]
    noisy_copy = inputs.shape[1] == targets.shape[1] == 1
    for channel in range(min(inputs.shape[1], MOST_PANELS)):
        label = "input" if inputs.shape[1] == 1 else f"input {channel}"
        first.plot(
            time, inputs[:, channel], color=GREY if noisy_copy else color_of(channel), linewidth=0.9, label=label
        )
    if noisy_copy:
        first.plot(time, targets[:, 0], color=BLACK, linewidth=1.2, label="target")
    for channel, ax in enumerate(middle):
        number = "" if count == 1 else f" {channel}"
        ax.plot(time, targets[:, channel], color=BLACK, linewidth=1.2, label=f"target{number}")
        ax.plot(
            time,
            outputs[:, channel],
            color=color_of(channel),
            linewidth=1.4 if noisy_copy else 2.2,
            linestyle="-" if noisy_copy else (0, (3, 2)),
            label=f"output{number}",
        )
        last.plot(time, (outputs - targets)[:, channel], color=color_of(channel), linewidth=0.9, label=f"error{number}")
    if noisy_copy:
        for ax in middle:
            ax.set_ylim(first.get_ylim())
    for ax in axes[:, 0]:
        ax.set_ylabel(
            "error" + value_label[value_label.find(" (") :] * (" (" in value_label) if ax is last else value_label
        )
        key(ax)
    last.axhline(0, color=BLACK, linewidth=0.6)
    last.set_xlabel(time_label)
    last.set_xlim(time[0], time[-1])
    headline(figure, title)
    return figure


def pair_panels(inputs: int, outputs: int, **shared: Any) -> tuple[Figure, np.ndarray]:
    """A panel for each input channel (rows) and output channel (columns), the first few of many."""
    rows, columns = min(inputs, MOST_PANELS), min(outputs, MOST_PANELS)
    size = (10, 5.2) if rows == columns == 1 else (2.2 + 2.6 * columns, 1.6 + 2.2 * rows)
    figure, axes = blank(rows, columns, size, sharex=True, **shared)
    if rows * columns > 1:
        for (row, column), ax in np.ndenumerate(axes):
            ax.set_title(f"input {row} → output {column}", fontsize=10)
    return figure, axes


def label_pairs(axes: np.ndarray, x: str, y: str) -> None:
    """Axis labels at the left and the bottom only, and no tick between two taps that are samples."""
    for ax in axes[-1]:
        ax.set_xlabel(x)
        if "samples" in x:
            ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    for ax in axes[:, 0]:
        ax.set_ylabel(y)


def kernel_curves(lags: np.ndarray, kernels: Mapping[str, np.ndarray], *, title: str, lag_label: str) -> Figure:
    """Kernels over each other, tap by tap.

    Args:
        lags: (width,): when each tap looks, before (negative) or after the output's own time.
        kernels: name -> (width, in, out); the first is drawn filled, the others as marks on top of it.
        title, lag_label: text.
    """
    _, inputs, outputs = next(iter(kernels.values())).shape
    figure, axes = pair_panels(inputs, outputs, sharey=True)
    marks = (
        {"marker": "o", "markersize": 5, "linewidth": 1.8, "color": BLUE},
        {
            "marker": "o",
            "markersize": 9,
            "linewidth": 1.2,
            "linestyle": "--",
            "color": VERMILION,
            "markerfacecolor": "none",
        },
        {"marker": "x", "markersize": 8, "linewidth": 0, "color": BLACK, "markeredgewidth": 1.8},
    )
    for (row, column), ax in np.ndenumerate(axes):
        ax.axhline(0, color=BLACK, linewidth=0.6)
        for (name, kernel), mark in zip(kernels.items(), marks, strict=False):
            ax.plot(lags, kernel[:, row, column], label=name, **mark)
    label_pairs(axes, lag_label, "weight")
    one_key(figure, axes[0, 0])
    headline(figure, title)
    return figure


def frequency_curves(
    frequencies: np.ndarray,
    gains: Mapping[str, np.ndarray],
    *,
    title: str,
    frequency_label: str,
    spectra: Mapping[str, np.ndarray] | None = None,
    spectrum_label: str = "",
    floor_db: float = -60.0,
) -> Figure:
    """Gain of kernels in dB over frequency, the second one dashed.

    Args:
        frequencies: (points,).
        gains: name -> (points, in, out), complex or magnitude.
        title, frequency_label: text.
        spectra: name -> (points,) power of signals, drawn below if given.
        spectrum_label: text with their unit.
        floor_db: the gain axis ends there at the latest.
    """
    _, inputs, outputs = next(iter(gains.values())).shape
    if spectra:
        figure, axes = blank(2, 1, (10, 7), sharex=True, height_ratios=[1.4, 1])
        pairs = axes[:1]
    else:
        figure, axes = pair_panels(inputs, outputs, sharey=True)
        pairs = axes
    styles = (
        {"color": BLUE, "linewidth": 2.2},
        {"color": VERMILION, "linewidth": 1.6, "linestyle": (0, (4, 2))},
        {"color": BLACK, "linewidth": 1.6, "linestyle": (0, (1, 1.5))},
    )
    for (row, column), ax in np.ndenumerate(pairs):
        ax.axhline(0, color=BLACK, linewidth=0.6)
        for (name, gain), style in zip(gains.items(), styles, strict=False):
            ax.plot(frequencies, decibels(gain[:, row, column], 2 * floor_db), label=name, **style)
        ax.set_xlim(frequencies[0], frequencies[-1])
    heights = np.concatenate([decibels(gain, floor_db).ravel() for gain in gains.values()])
    for ax in pairs[:, 0]:
        ax.set_ylabel("gain (dB)")
        ax.set_ylim(heights.min() - 2, max(heights.max(), 0) + 3)
    for ax in axes[-1]:
        ax.set_xlabel(frequency_label)
    if spectra:
        below = axes[1, 0]
        for (name, power), color in zip(spectra.items(), (BLACK, GREY, BLUE), strict=False):
            below.plot(frequencies, 10 * np.log10(np.maximum(power, power.max() * 1e-9)), color=color, label=name)
        below.set_ylabel(spectrum_label)
        key(below)
        key(pairs[0, 0])
    else:
        one_key(figure, axes[0, 0])
    headline(figure, title)
    return figure


def decibels(gain: np.ndarray, floor: float) -> np.ndarray:
    """Magnitude in dB, never below the floor."""
    return 20 * np.log10(np.maximum(np.abs(gain), 10 ** (floor / 20)))


def loss_curves(
    train: np.ndarray,
    looks: np.ndarray,
    held_out: np.ndarray,
    optimum: float,
    *,
    title: str,
    value_label: str,
) -> Figure:
    """Loss against step, both logarithmic, with the optimum as a line.

    Args:
        train: (steps,) loss of each step's minibatch.
        looks: (n,) steps after which the held-out part was looked at.
        held_out: (n,) loss there.
        optimum: the held-out loss of the least-squares kernel of the training part; no line if it is 0.
        title, value_label: text.
    """
    figure, axes = blank(1, 1, (10, 5.2))
    ax = axes[0, 0]
    ax.plot(np.arange(1, len(train) + 1), train, color=SKY, linewidth=0.8, alpha=0.8, label="train, each minibatch")
    ax.plot(looks, held_out, color=BLUE, linewidth=2, marker="o", markersize=3, label="held out")
    if optimum > 0:
        ax.axhline(optimum, color=VERMILION, linestyle="--", linewidth=1.8, label=f"held out, optimum: {optimum:.4g}")
    ax.set(xscale="log", yscale="log", xlabel="step", ylabel=value_label)
    key(ax)
    headline(figure, title)
    return figure


def snapshot_curves(
    lags: np.ndarray,
    steps: np.ndarray,
    snapshots: np.ndarray,
    optimum: np.ndarray,
    *,
    title: str,
    lag_label: str,
    goal: str = "optimum",
) -> Figure:
    """The kernel on its way, from light (early) to dark (late), and where it should go.

    Args:
        lags: (width,), as in `kernel_curves`.
        steps: (n,), rising.
        snapshots: (n, width, in, out).
        optimum: (width, in, out).
        title, lag_label: text.
        goal: what to call `optimum`.
    """
    figure, axes = pair_panels(*snapshots.shape[2:], sharey=True)
    colors = ScalarMappable(LogNorm(1, max(steps[-1], 2)), STEPS)
    for (row, column), ax in np.ndenumerate(axes):
        ax.axhline(0, color=BLACK, linewidth=0.6)
        for step, snapshot in zip(steps, snapshots, strict=True):
            ax.plot(lags, snapshot[:, row, column], color=colors.to_rgba(max(step, 1)), linewidth=1.5)
        ax.plot(lags, optimum[:, row, column], color=VERMILION, linestyle="--", linewidth=2, label=goal)
    label_pairs(axes, lag_label, "weight")
    bar = figure.colorbar(colors, ax=list(axes.flat), label="step (the first is before training)", pad=0.02)
    bar.outline.set_visible(False)  # type: ignore[union-attr]
    one_key(figure, axes[0, 0])
    headline(figure, title)
    return figure


def kernel_heatmaps(
    kernel: np.ndarray, *, title: str, bias: np.ndarray | None = None, inputs: Sequence[str] | None = None
) -> Figure:
    """Each output's kernel as a map of input channel by tap, with the weights written in; blue below 0, red above.

    Args:
        kernel: (width, in, out).
        title: text.
        bias: (out,), written above each map.
        inputs: names of the input channels.
    """
    width, count, outputs = kernel.shape
    columns = min(outputs, 4)
    rows = -(-outputs // columns)
    figure, axes = blank(rows, columns, (1.6 + 2.7 * columns, 1.4 + rows * (1.1 + 0.55 * count)))
    most = float(np.abs(kernel).max()) or 1.0
    names = inputs or [f"input {c}" for c in range(count)]
    colors = ScalarMappable(Normalize(-most, most), WEIGHTS)
    for output, ax in enumerate(axes.flat):
        if output >= outputs:
            ax.set_visible(False)
            continue
        ax.imshow(kernel[:, :, output].T, cmap=WEIGHTS, norm=colors.norm, aspect="auto")
        ax.grid(False)
        ax.spines[:].set_visible(False)
        ax.tick_params(length=0)
        ax.set_xticks(range(width) if width <= 12 else range(0, width, -(-width // 8)))
        ax.set_yticks(range(count), names if output % columns == 0 else [""] * count)
        ax.set_title(f"output {output}" + ("" if bias is None else f"   bias {bias[output]:+.3f}"), fontsize=10)
        if output // columns == rows - 1:
            ax.set_xlabel("tap (0 is the earliest)")
        if width * count <= 64:
            for (tap, channel), weight in np.ndenumerate(kernel[:, :, output]):
                dark = abs(weight) > 0.6 * most
                ax.text(
                    tap, channel, f"{weight:+.2f}", ha="center", va="center", color="w" if dark else "k", fontsize=9
                )
    bar = figure.colorbar(colors, ax=list(axes.flat), label="weight", pad=0.02)
    bar.outline.set_visible(False)  # type: ignore[union-attr]
    headline(figure, title)
    return figure


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
