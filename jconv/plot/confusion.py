"""Which classes a classifier takes for which."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from jconv.plot.arguments import array, at_most, names_of
from jconv.plot.panels import short
from jconv.plot.style import Picture, blank, headline

MOST_CLASSES = 64
WRITTEN_CLASSES = 12
"""Up to so many the counts and rates are written in."""
RATES = "Blues"


def confusion(counts: np.ndarray, *, classes: Sequence[str] | None = None, title: str) -> Picture:
    """How often examples of each true class (row) were taken for each class (column): counts, coloured by rate.

    A rate is the count over all examples of the true class, so each row adds up to 100 %; on the diagonal it is the
    class's recall. Rows of classes without examples stay empty, and the picture names them.

    Args:
        counts: (true, predicted), whole numbers, at most 64 classes.
        classes: their names, or None for numbers.
        title: text.

    Raises:
        ValueError: counts that are not square, negative or not whole, not one name for each, or too many classes.

    >>> import numpy as np
    >>> figure = confusion(np.array([[8, 2], [0, 5]]), classes=("cat", "dog"), title="1 cat in 5 is taken for a dog")
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['8\\n80%', '2\\n20%', '0', '5\\n100%']
    """
    number = len(np.atleast_1d(counts))
    counts = array("counts", counts, "true predicted", predicted=number)
    wrong = counts[(counts < 0) | (counts != np.round(counts))]
    if wrong.size:
        raise ValueError(f"`counts` holds {wrong[0]:g}; expected whole numbers of at least 0")
    at_most("counts", number, MOST_CLASSES, "classes")
    names = [short(name) for name in names_of("classes", classes, number, "class")]
    totals = counts.sum(axis=1)
    seen = totals > 0
    rates = np.where(seen[:, None], 100 * counts / np.where(seen, totals, 1)[:, None], np.nan)
    side = 2.6 + min(0.62 * number, 7.5)
    figure, axes = blank(1, 1, (side + 1.6, side))
    ax = axes[0, 0]
    norm = Normalize(0, 100)
    ax.imshow(rates, cmap=RATES, norm=norm, aspect="auto")
    ax.grid(False)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    marked = range(0, number, -(-number // 32))
    slanted = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if number > 4 else {}
    ax.set_xticks(marked, [names[place] for place in marked], fontsize=9, **slanted)
    ax.set_yticks(marked, [f"{names[place]} ({totals[place]:.0f})" for place in marked], fontsize=9)
    ax.set(xlabel="taken for", ylabel="true class (examples)")
    if number <= WRITTEN_CLASSES:
        write(ax, counts, rates)
    bar = figure.colorbar(ScalarMappable(norm, RATES), ax=ax, label="% of the true class", pad=0.02)
    bar.outline.set_visible(False)  # type: ignore[union-attr]
    if not seen.all():
        missing = ", ".join(name for name, there in zip(names, seen, strict=True) if not there)
        figure.note(f"No examples of: {missing}.")
    headline(figure, title)
    return figure


def write(ax: Axes, counts: np.ndarray, rates: np.ndarray) -> None:
    """The count in each cell, and under it the rate; of none just the 0, of no examples nothing."""
    for (row, column), rate in np.ndenumerate(rates):
        if np.isfinite(rate):
            count = f"{counts[row, column]:.0f}"
            text = f"{count}\n{rate:.0f}%" if counts[row, column] else count
            look = {"ha": "center", "va": "center", "fontsize": 9}
            ax.text(column, row, text, color="white" if rate > 55 else "black" if rate else "0.6", **look)
