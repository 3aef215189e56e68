"""Signals over time: as they are, and what a convolution made of them."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from jconv.plot.style import BLACK, GREY, MOST_PANELS, blank, color_of, headline, key


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
