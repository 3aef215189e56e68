"""Draw the course of a fit: its losses, its kernel step by step, and a signal before and after."""

from collections.abc import Sequence

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm

from jconv.plot.arguments import array, names_of
from jconv.plot.kernels import LARGEST_WEIGHTS
from jconv.plot.panels import MOST_SIDE, label_pairs, largest, left_out, outline, outlined, pair_panels, short
from jconv.plot.style import BLACK, BLUE, GREY, SKY, VERMILION, Picture, blank, color_of, headline, key, one_key

FEW = 20
"""Losses that are drawn with marks; the line through a single one would be invisible."""
MOST_SNAPSHOTS = 64
MOST_FILTERS = 40
STEPS = "cividis_r"
"""Colours of snapshots, from light (early) to dark (late)."""


def loss_curves(
    train: np.ndarray,
    looks: np.ndarray,
    held_out: np.ndarray,
    optimum: float = 0.0,
    *,
    title: str,
    value_label: str,
    rounding: float = 0.0,
    part: str = "held out",
) -> Picture:
    """Loss against step, both logarithmic, with the optimum as a line.

    Args:
        train: (steps,) loss of each step's minibatch.
        looks: (n,) steps after which the held-out part was looked at.
        held_out: (n,) loss there.
        optimum: the held-out loss of the least-squares kernel of the training part; no line if it is 0.
        title, value_label: text.
        rounding: what rounding alone can leave of a loss of 0; shaded if a loss or the optimum comes near it.
        part: what looks judge by.

    Raises:
        ValueError: shapes that do not fit.
    """
    train, looks = array("train", train, "steps", allow_nan=True), array("looks", looks, "n")
    held_out = array("held_out", held_out, "n", allow_nan=True, n=len(looks))
    figure, axes = blank(1, 1, (10, 5.2))
    ax = axes[0, 0]
    steps = np.arange(1, len(train) + 1)
    marks = {"marker": "o", "markersize": 3} if len(train) <= FEW else {}
    ax.plot(steps, train, color=SKY, linewidth=0.8, alpha=0.8, label="train, each minibatch", **marks)
    ax.plot(looks, held_out, color=BLUE, linewidth=2, marker="o", markersize=3, label=part)
    if optimum > 0:
        ax.axhline(optimum, color=VERMILION, linestyle="--", linewidth=1.8, label=f"held out, optimum: {optimum:.4g}")
    losses = np.concatenate([train, held_out])
    positive = losses[np.isfinite(losses) & (losses > 0)]
    ax.set(xscale="log", xlabel="step", ylabel=value_label)
    ax.set_xlim(0.8, 1.3 * max(len(train), looks.max(), 2))
    if len(positive):
        ax.set_yscale("log")
        lowest = min(positive.min(), optimum) if optimum > 0 else positive.min()
        if lowest < 10 * rounding:
            ax.set_ylim(lowest / 5, max(positive.max(), rounding) * 3)
            ax.axhspan(lowest / 5, rounding, color=GREY, alpha=0.25, linewidth=0, label="no more than rounding")
            figure.note(f"Shaded, up to {rounding:.2g}: what float32 rounding alone can leave of a loss of 0.")
    zeros, lost = int((losses == 0).sum()), int((~np.isfinite(losses)).sum())
    if zeros and len(positive):
        figure.note(f"{zeros} of {len(losses)} losses are 0, which a logarithmic axis cannot show.")
    if lost:
        figure.note(f"{lost} of {len(losses)} losses are not finite and not drawn.")
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
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
) -> Picture:
    """The kernel on its way, from light (early) to dark (late), and where it should go.

    Of many channels those with the largest weights are drawn, as in `kernel_curves`, and of more than 64 snapshots
    as many, evenly spread; the picture says so.

    Args:
        lags: (width,), as in `kernel_curves`.
        steps: (n,), rising.
        snapshots: (n, width, in, out), real.
        optimum: (width, in, out), real.
        title, lag_label: text.
        goal: what to call `optimum`.
        inputs, outputs: names of the channels, or None for numbers.

    Raises:
        ValueError: shapes or names that do not fit, or complex numbers.
    """
    lags, steps = array("lags", lags, "width"), array("steps", steps, "n")
    snapshots = array("snapshots", snapshots, "n width in out", n=len(steps), width=len(lags))
    _, width, *sides = snapshots.shape
    optimum = array("optimum", optimum, "width in out", **{"width": width, "in": sides[0], "out": sides[1]})
    sizes = np.sqrt(np.maximum(np.mean(snapshots[-1] ** 2, axis=0), np.mean(optimum**2, axis=0)))
    pairs = pair_panels(sizes, reason=LARGEST_WEIGHTS, inputs=inputs, outputs=outputs)
    colors = ScalarMappable(LogNorm(1, max(steps[-1], 2)), STEPS)
    shown = np.unique(np.linspace(0, len(steps) - 1, min(len(steps), MOST_SNAPSHOTS)).round().astype(int))
    pairs.figure.note(left_out(len(shown), len(steps), "snapshots", "evenly spread"))
    marker = "o" if width == 1 else ""
    for ax, row, column in pairs.panels:
        ax.axhline(0, color=BLACK, linewidth=0.6)
        if width == 1:
            ax.set_xlim(lags[0] - 1, lags[0] + 1)
        for number in shown:
            color = colors.to_rgba(np.maximum(steps[number], 1))
            ax.plot(lags, snapshots[number, :, row, column], color=color, linewidth=1.5, marker=marker)
        ring = {"marker": marker, "markersize": 11, "markerfacecolor": "none"}
        ax.plot(lags, optimum[:, row, column], color=VERMILION, linestyle="--", linewidth=2, label=goal, **ring)
    label_pairs(pairs.axes, lag_label, "weight")
    visible = [ax for ax, _, _ in pairs.panels]
    bar = pairs.figure.colorbar(colors, ax=visible, label="step (the first is before training)", pad=0.02)
    bar.outline.set_visible(False)  # type: ignore[union-attr]
    one_key(pairs.figure, pairs.axes[0, 0])
    headline(pairs.figure, title)
    return pairs.figure


def before_after(
    time: np.ndarray,
    inputs: np.ndarray,
    targets: np.ndarray,
    outputs: np.ndarray,
    *,
    title: str,
    time_label: str,
    value_label: str,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    input_time: np.ndarray | None = None,
    noisy_copy: bool | None = None,
) -> Picture:
    """What went in, what came out, what should have come out, and the difference.

    Of more than 4 outputs those with the largest error are drawn, of more than 4 inputs those that vary most, and
    the picture says so.

    Args:
        time: (length,).
        inputs: (length, in), or (times, in) with `input_time`, real.
        targets: (length, out), real.
        outputs: (length, out), real.
        title, time_label, value_label: text.
        input_names, output_names: of the channels, or None for numbers.
        input_time: (times,) if the inputs are at other times, as with a stride.
        noisy_copy: whether the one input is the one target with noise, and is drawn with it; by default if both are
            single.

    Raises:
        ValueError: shapes or names that do not fit, or complex numbers.
    """
    time = array("time", time, "length")
    input_time = time if input_time is None else array("input_time", input_time, "times")
    inputs = array("inputs", inputs, "times in", times=len(input_time))
    targets = array("targets", targets, "length out", length=len(time))
    outputs = array("outputs", outputs, "length out", length=len(time), out=targets.shape[1])
    ins_named = names_of("input_names", input_names, inputs.shape[1], "input")
    outs_named = names_of("output_names", output_names, targets.shape[1], "output")
    errors = outputs - targets
    ins = largest(inputs.std(axis=0), MOST_SIDE)
    outs = largest(np.square(errors).mean(axis=0), MOST_SIDE)
    rows = len(outs) + 2
    figure, axes = blank(rows, 1, (11, 2.2 + 1.75 * rows), sharex=True, height_ratios=[1.3] * (rows - 1) + [0.8])
    first, *middle, last = axes[:, 0]
    single = inputs.shape[1] == targets.shape[1] == 1
    noisy_copy = single if noisy_copy is None else noisy_copy and single
    for place, channel in enumerate(ins):
        label = "input" if inputs.shape[1] == 1 and input_names is None else short(ins_named[channel])
        color = GREY if noisy_copy else color_of(place)
        first.plot(*outline(input_time, inputs[:, channel]), color=color, linewidth=0.9, label=label)
    if noisy_copy:
        first.plot(*outline(time, targets[:, 0]), color=BLACK, linewidth=1.2, label="target")
    for place, (channel, ax) in enumerate(zip(outs, middle, strict=True)):
        number = "" if targets.shape[1] == 1 else f" {channel}"
        number = number if output_names is None else f": {short(outs_named[channel])}"
        ax.plot(*outline(time, targets[:, channel]), color=BLACK, linewidth=1.2, label=f"target{number}")
        look = {"linewidth": 1.4} if noisy_copy else {"linewidth": 2.2, "linestyle": (0, (3, 2))}
        ax.plot(*outline(time, outputs[:, channel]), color=color_of(place), label=f"output{number}", **look)
        last.plot(*outline(time, errors[:, channel]), color=color_of(place), linewidth=0.9, label=f"error{number}")
    if noisy_copy:
        for ax in middle:
            ax.set_ylim(first.get_ylim())
    unit = value_label[value_label.find(" (") :] * (" (" in value_label)
    for ax in axes[:, 0]:
        ax.set_ylabel("error" + unit if ax is last else value_label)
        key(ax)
    last.axhline(0, color=BLACK, linewidth=0.6)
    last.set_xlabel(time_label)
    if len(time) > 1:
        last.set_xlim(time[0], time[-1])
    figure.note(
        left_out(len(outs), targets.shape[1], "outputs", "those with the largest error")
        + left_out(len(ins), inputs.shape[1], "inputs", "those that vary most")
        + outlined(len(time))
    )
    headline(figure, title)
    return figure


def filter_moves(
    start: np.ndarray,
    end: np.ndarray,
    *,
    title: str,
    frequency_label: str,
    names: Sequence[str] | None = None,
) -> Picture:
    """The band of each filter when training began, and when it ended.

    Of more than 40 filters those that moved most are drawn, and the picture says so.

    Args:
        start, end: (filters, 2), lower and upper end of each band.
        title, frequency_label: text.
        names: of the filters, or None for numbers.

    Raises:
        ValueError: shapes or names that do not fit.
    """
    start = array("start", start, "filters 2")
    end = array("end", end, "filters 2", filters=len(start))
    named = names_of("names", names, len(start), "output")
    shown = largest(np.abs(end - start).max(axis=1), MOST_FILTERS)
    figure, axes = blank(1, 1, (10, 2.4 + 0.26 * max(len(shown), 4)))
    ax = axes[0, 0]
    looks = (("start", start, GREY, 0.17), ("end", end, BLUE, -0.17))
    for name, bands, color, above in looks:
        for place, number in enumerate(shown):
            low, high = bands[number]
            label = name if not place else None
            ax.plot([low, high], [place + above] * 2, color=color, linewidth=4, solid_capstyle="butt", label=label)
            ax.plot((low + high) / 2, place + above, color=BLACK, marker="|", markersize=6)
    ax.set_yticks(range(len(shown)), [short(named[number]) for number in shown], fontsize=9)
    ax.set_ylim(-0.7, len(shown) - 0.3)
    ax.set_xlim(left=0)
    ax.set_xlabel(frequency_label)
    key(ax)
    figure.note(left_out(len(shown), len(start), "filters", "those that moved most"))
    headline(figure, title)
    return figure
