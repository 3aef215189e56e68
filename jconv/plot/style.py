"""What all pictures share: the figure itself, colours, blank axes, headlines, notes and legends.

Lines have Okabe and Ito's colours, which colour-blind readers tell apart; weights are blue below 0, white at 0, red
above.
"""

import io
import textwrap
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
BLUE, VERMILION, PURPLE = "#0072B2", "#D55E00", "#CC79A7"
COLORS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)
"""One a channel, in this order, then again with other dashes."""
DASHES = ("-", (0, (5, 2)), (0, (1, 1.2)), (0, (5, 1.5, 1, 1.5)))
MOST_LINES = len(COLORS) * len(DASHES)
"""So many lines in one panel can be told apart."""
GREY = "#A0A0A0"
WEIGHTS = "RdBu_r"
WHITE_BEHIND = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
"""Behind a label, so that no line strikes it through."""


class Picture(Figure):
    """A matplotlib figure that a notebook shows by itself, and that can carry small notes at its bottom.

    It needs no pyplot, and leaves none of its state behind.
    """

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **{"layout": "constrained", **settings})
        FigureCanvasAgg(self)
        self._notes: Text | None = None

    def note(self, text: str) -> None:
        """Add small grey text at the bottom, on a new line under what is there; nothing for an empty text."""
        if not text:
            return
        width, height = self.get_size_inches()
        before = self._notes.get_text().splitlines() if self._notes else []
        lines = before + textwrap.wrap(text, int(16 * width))
        if self._notes is None:
            self._notes = self.text(0.01, 0, "", ha="left", va="bottom", fontsize=8, color="#606060")
        self._notes.set_text("\n".join(lines))
        self.set_figheight(height + 0.15 * (len(lines) - len(before)))
        room = (0.06 + 0.15 * len(lines)) / self.get_figheight()
        self._notes.set_y(0.03 / self.get_figheight())
        engine = self.get_layout_engine()
        if engine is not None:
            engine.set(rect=(0, room, 1, 1 - room))  # pyright: ignore[reportCallIssue]
        for legend in self.legends:  # below the axes, where the layout keeps room for them, but above the notes
            legend.borderaxespad = 0.5 + 72 * room * self.get_figheight() / legend.prop.get_size_in_points()

    def _repr_png_(self) -> bytes:
        """What IPython and Jupyter ask for when the figure is the value of a cell."""
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=100)
        return buffer.getvalue()


def blank(
    rows: int = 1, columns: int = 1, size: tuple[float, float] = (9, 5), **grid: Any
) -> tuple[Picture, np.ndarray]:
    """A figure with axes (rows, columns), all styled alike."""
    figure = Picture(figsize=size)
    axes = figure.subplots(rows, columns, squeeze=False, **grid)
    for ax in axes.flat:
        dress(ax)
    return figure, axes


def dress(ax: Axes) -> None:
    """Two spines and a faint grid."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(alpha=0.25, linewidth=0.6)


def headline(figure: Picture, title: str) -> None:
    """What the picture says, above it, on as many lines as it takes."""
    lines = textwrap.fill(title, int(9 * figure.get_size_inches()[0]))
    figure.suptitle(lines, x=0.01, ha="left", fontsize=12.5, fontweight="bold")


def key(ax: Axes) -> None:
    """A legend right of the axes, where it hides nothing."""
    columns = 1 if len(ax.get_legend_handles_labels()[1]) <= 12 else 2
    ax.legend(loc="center left", bbox_to_anchor=(1.005, 0.5), frameon=False, fontsize=9, ncols=columns)


def one_key(figure: Picture, ax: Axes) -> None:
    """One legend below for panels that share their lines."""
    handles, labels = ax.get_legend_handles_labels()
    if not labels:
        return
    inches = 0.085 * (max(len(label) for label in labels) + 8)
    columns = min(len(labels), max(1, int(figure.get_size_inches()[0] / inches)))
    figure.legend(handles, labels, loc="outside lower center", ncols=columns, frameon=False, fontsize=10)


def color_of(channel: int) -> str:
    """The line colour of a channel."""
    return COLORS[channel % len(COLORS)]


def line_of(channel: int) -> dict[str, Any]:
    """Colour and dashes of a channel, no two alike among the first `MOST_LINES`."""
    return {"color": color_of(channel), "linestyle": DASHES[channel // len(COLORS) % len(DASHES)]}


def lowest(axes: np.ndarray) -> list[Axes]:
    """The lowest visible axes of each column, which is where an axis is named."""
    columns = ([ax for ax in column if ax.get_visible()] for column in axes.T)
    return [column[-1] for column in columns if column]
