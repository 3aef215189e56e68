"""Signals over time: as they are, and what a convolution made of them."""

from collections.abc import Mapping, Sequence

import numpy as np

from jconv.plot.arguments import array, at_most, names_of, real_lines
from jconv.plot.panels import MOST_PANELS, MOST_SIDE, largest, left_out, outline, outlined
from jconv.plot.style import BLACK, GREY, MOST_LINES, Picture, blank, color_of, headline, key, line_of


def signal_panels(
    time: np.ndarray, panels: Mapping[str, tuple[np.ndarray, Sequence[str]]], *, title: str, time_label: str
) -> Picture:
    """Signals over time, one panel each.

    Of more than 24 channels in a panel those that vary most are drawn, and the picture says so.

    Args:
        time: (length,).
        panels: value label -> ((length, channels), name of each channel), at most 16. A complex channel is drawn as
            two lines, its real and its imaginary part.
        title, time_label: text.

    Raises:
        ValueError: shapes that do not fit, or more panels than a picture holds.
    """
    time = array("time", time, "length")
    at_most("panels", len(panels), MOST_PANELS, "panels")
    figure, axes = blank(max(len(panels), 1), 1, (10, 1.2 + 2.8 * len(panels)), sharex=True)
    for ax, (label, (values, names)) in zip(axes[:, 0], panels.items(), strict=True):
        argument = f"panels[{label!r}]"
        values = array(argument, values, "length channels", allow_complex=True, length=len(time))
        names = names_of(argument, names, values.shape[1], "channel")
        lines = real_lines((name, values[:, channel]) for channel, name in enumerate(names))
        shown = largest(np.array([np.std(line) for _, line in lines]), MOST_LINES)
        for place, number in enumerate(shown):
            name, line = lines[number]
            ax.plot(*outline(time, line), linewidth=1.8, label=name, **line_of(place))
        figure.note(left_out(len(shown), len(lines), f"lines of {label!r}", "those that vary most"))
        ax.set_ylabel(label)
        key(ax)
    figure.note(outlined(len(time)))
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
) -> Picture:
    """What went in, what came out, what should have come out, and the difference.

    Of more than 4 outputs those with the largest error are drawn, of more than 4 inputs those that vary most, and
    the picture says so.

    Args:
        time: (length,).
        inputs: (length, in), real.
        targets: (length, out), real.
        outputs: (length, out), real.
        title, time_label, value_label: text.

    Raises:
        ValueError: shapes that do not fit, or complex numbers.
    """
    time = array("time", time, "length")
    inputs = array("inputs", inputs, "length in", length=len(time))
    targets = array("targets", targets, "length out", length=len(time))
    outputs = array("outputs", outputs, "length out", length=len(time), out=targets.shape[1])
    errors = outputs - targets
    ins = largest(inputs.std(axis=0), MOST_SIDE)
    outs = largest(np.square(errors).mean(axis=0), MOST_SIDE)
    rows = len(outs) + 2
    figure, axes = blank(rows, 1, (11, 2.2 + 1.75 * rows), sharex=True, height_ratios=[1.3] * (rows - 1) + [0.8])
    first, *middle, last = axes[:, 0]
    noisy_copy = inputs.shape[1] == targets.shape[1] == 1
    for place, channel in enumerate(ins):
        label = "input" if inputs.shape[1] == 1 else f"input {channel}"
        color = GREY if noisy_copy else color_of(place)
        first.plot(*outline(time, inputs[:, channel]), color=color, linewidth=0.9, label=label)
    if noisy_copy:
        first.plot(*outline(time, targets[:, 0]), color=BLACK, linewidth=1.2, label="target")
    for place, (channel, ax) in enumerate(zip(outs, middle, strict=True)):
        number = "" if targets.shape[1] == 1 else f" {channel}"
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
