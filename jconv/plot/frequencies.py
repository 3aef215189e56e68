"""What kernels do to each frequency."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jconv.plot.arguments import array, at_most, same_shape
from jconv.plot.panels import label_pairs, pair_panels
from jconv.plot.style import BLACK, BLUE, GREY, MOST_LINES, VERMILION, Picture, headline, key, line_of, one_key

LOWEST_POWER = 1e-9
"""Of the largest; less is drawn as this."""


def frequency_curves(
    frequencies: np.ndarray,
    gains: Mapping[str, np.ndarray],
    *,
    title: str,
    frequency_label: str,
    spectra: Mapping[str, np.ndarray] | None = None,
    spectrum_label: str = "",
    floor_db: float = -60.0,
    marked: Mapping[str, float] | None = None,
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
) -> Picture:
    """Gain of kernels in dB over frequency, the second one dashed.

    Of more than 4 channels in and out, or 16 if the other is single, those with the largest gain are drawn, and the
    picture says so.

    Args:
        frequencies: (points,), from a negative one on for complex kernels.
        gains: name -> (points, in, out), complex or magnitude, at most 24.
        title, frequency_label: text.
        spectra: name -> (points,) power of signals, drawn below if given.
        spectrum_label: text with their unit.
        floor_db: the gain axis ends there at the latest.
        marked: name -> a frequency, drawn as a vertical line.
        inputs, outputs: names of the channels, or None for numbers.

    Raises:
        ValueError: shapes or names that do not fit, or more kernels than can be told apart.
    """
    frequencies = array("frequencies", frequencies, "points")
    gains = same_shape("gains", gains, "points in out", points=len(frequencies))
    powers = {
        name: array(f"spectra[{name!r}]", power, "points", points=len(frequencies))
        for name, power in (spectra or {}).items()
    }
    at_most("gains", len(gains), MOST_LINES, "lines")
    at_most("spectra", len(powers), MOST_LINES, "lines")
    sizes = np.max([np.abs(gain).max(axis=0) for gain in gains.values()], axis=0)
    pairs = pair_panels(sizes, reason="those with the largest gain", below=bool(powers), inputs=inputs, outputs=outputs)
    marker = "o" if len(frequencies) == 1 else ""
    for ax, row, column in pairs.panels:
        ax.axhline(0, color=BLACK, linewidth=0.6)
        for number, (name, gain) in enumerate(gains.items()):
            heights = decibels(gain[:, row, column], 2 * floor_db)
            ax.plot(frequencies, heights, label=name, marker=marker, **style(number))
        for name, frequency in (marked or {}).items():
            ax.axvline(frequency, color=GREY, linewidth=1.4, linestyle=(0, (6, 2, 1, 2)), label=name, zorder=0)
    if len(frequencies) > 1:
        pairs.axes[0, 0].set_xlim(frequencies[0], frequencies[-1])
    heights = [decibels(gain[:, row, column], floor_db) for gain in gains.values() for _, row, column in pairs.panels]
    pairs.axes[0, 0].set_ylim(np.min(heights) - 2, max(np.max(heights), 0) + 3)
    label_pairs(pairs.axes, "" if pairs.below is not None else frequency_label, "gain (dB)")
    if pairs.below is not None:
        for number, (name, power) in enumerate(powers.items()):
            look: dict[str, Any] = {"color": (BLACK, GREY)[number]} if number < 2 else line_of(number - 2)
            least = (power.max() or 1.0) * LOWEST_POWER
            pairs.below.plot(frequencies, 10 * np.log10(np.maximum(power, least)), label=name, **look)
        pairs.below.set(xlabel=frequency_label, ylabel=spectrum_label)
        key(pairs.below)
    if pairs.below is not None and pairs.axes.size == 1:
        key(pairs.axes[0, 0])
    else:
        one_key(pairs.figure, pairs.axes[0, 0])
    headline(pairs.figure, title)
    return pairs.figure


def style(number: int) -> dict[str, Any]:
    """Line of a kernel: the first thick, the others such that it shows through."""
    special: tuple[dict[str, Any], ...] = (
        {"color": BLUE, "linewidth": 2.2},
        {"color": VERMILION, "linewidth": 1.6, "linestyle": (0, (4, 2))},
        {"color": BLACK, "linewidth": 1.6, "linestyle": (0, (1, 1.5))},
    )
    return special[number] if number < len(special) else {"linewidth": 1.4, **line_of(number)}


def decibels(gain: np.ndarray, floor: float) -> np.ndarray:
    """Magnitude in dB, never below the floor."""
    return 20 * np.log10(np.maximum(np.abs(gain), 10 ** (floor / 20)))
