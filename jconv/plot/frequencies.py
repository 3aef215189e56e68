"""What kernels do to each frequency."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from jconv.plot.style import BLACK, BLUE, GREY, VERMILION, blank, headline, key, one_key, pair_panels


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
