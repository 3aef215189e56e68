"""Signals over time."""

from collections.abc import Mapping, Sequence

import numpy as np

from jconv.plot.arguments import array, at_most, names_of, real_lines
from jconv.plot.panels import MOST_PANELS, largest, left_out, outline, outlined
from jconv.plot.style import MOST_LINES, Picture, blank, headline, key, line_of


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
