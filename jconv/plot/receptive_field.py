"""What one output of a stack of convolutions sees, layer by layer."""

from collections.abc import Sequence

import numpy as np

from jconv.plot.arguments import names_of
from jconv.plot.style import BLACK, Picture, blank, color_of, headline
from jconv.window import receptive_field as samples_seen

MOST_LAYERS = 64
MOST_DOTS = 1024
"""Positions of a layer; of more there are no dots, only the trapezoid."""
MOST_PRODUCTS = 1_000_000
"""Positions times taps that are worked out; beyond, only the ends of what a layer sees."""


def receptive_field(
    kernel_size: int | Sequence[int],
    *,
    title: str,
    stride: int | Sequence[int] = 1,
    dilation: int | Sequence[int] = 1,
    causal: bool = False,
    rate: float | None = None,
    names: Sequence[str] | None = None,
) -> Picture:
    """The positions that one output depends on in each layer, on the time axis of the input, input below.

    A trapezoid joins what is seen in one layer to what is seen in the layer under it. Dots are the positions
    themselves: gaps between them are samples that dilation or stride leaves out.

    Args:
        kernel_size: taps of each layer, first layer first; one int for all, as in `jconv.receptive_field`.
        title: text.
        stride, dilation: the same.
        causal: whether the output stands at the newest sample that it sees, else in the middle.
        rate: samples per second; time is then in seconds, else in samples.
        names: of the layers, first layer first, or None for numbers.

    Raises:
        TypeError, ValueError: as `jconv.receptive_field`, names that do not fit, more than 64 layers, or a rate that
            is not positive.
    """
    if rate is not None and not 0 < rate < np.inf:
        raise ValueError(f"`rate` (={rate}) must be positive and finite")
    samples_seen(kernel_size, stride=stride, dilation=dilation)
    given = (kernel_size, stride, dilation)
    layers = next((len(value) for value in given if isinstance(value, Sequence)), 1)
    if layers > MOST_LAYERS:
        raise ValueError(f"`kernel_size` has {layers} layers; at most {MOST_LAYERS} can be told apart")
    if not layers:
        raise ValueError(f"`kernel_size` (={kernel_size}) must have at least one layer")
    sizes, strides, dilations = (list(v) if isinstance(v, Sequence) else [v] * layers for v in given)
    named = ["input", *names_of("names", names, layers, "layer")]
    times = [when / (rate or 1.0) for when in positions(sizes, strides, dilations, causal)]
    figure, axes = blank(1, 1, (10, 1.8 + 0.6 * min(layers + 1, 16)))
    ax = axes[0, 0]
    for layer in range(layers):
        under, above = times[layer], times[layer + 1]
        corners = [under[0], under[-1], above[-1], above[0]]
        ax.fill(corners, [layer, layer, layer + 1, layer + 1], color=color_of(layer), alpha=0.25, linewidth=0)
    bare = []
    for level, when in enumerate(times):
        if len(when) > MOST_DOTS:
            bare.append(named[level])
            continue
        color = BLACK if not level else color_of(level - 1)
        size = max(1.5, min(6.0, 400 / len(when)))
        ax.plot(when, np.full(len(when), level), "o", markersize=size, color=color, label=f"_{level}")
    right = ax.secondary_yaxis("right")
    right.set_yticks(range(layers + 1), [f"sees {seen}" for seen in fields(sizes, strides, dilations)], fontsize=9)
    right.spines[:].set_visible(False)
    right.tick_params(length=0)
    ax.set_yticks(range(layers + 1), named)
    ax.set_ylabel("layer")
    ax.set_xlabel("time from the output's own (seconds)" if rate else "samples from the output's own")
    figure.note(
        f"Right: how many samples of the input each position sees{'' if rate is None else f', at {rate:g} Hz'}."
    )
    if bare:
        figure.note(f"More than {MOST_DOTS} positions, drawn without dots: {', '.join(bare)}.")
    headline(figure, title)
    return figure


def fields(sizes: Sequence[int], strides: Sequence[int], dilations: Sequence[int]) -> list[int]:
    """How many samples a position of each level spans, the input first."""
    return [1] + [
        samples_seen(sizes[:layers], stride=strides[:layers], dilation=dilations[:layers])
        for layers in range(1, len(sizes) + 1)
    ]


def positions(sizes: Sequence[int], strides: Sequence[int], dilations: Sequence[int], causal: bool) -> list[np.ndarray]:
    """Where what one output depends on lies, each level from the input up, in samples from the output's own time.

    A position stands at the newest sample that it sees if `causal`, else in the middle of those. Of very many
    positions the first and the last are true, and others, more than are drawn, lie between them.
    """
    own = [np.zeros(1, np.int64)]
    for size, stride, dilation in zip(reversed(sizes), reversed(strides), reversed(dilations), strict=True):
        above = own[0]
        if len(above) * size <= MOST_PRODUCTS:
            below = np.unique(above[:, None] * stride + np.arange(size) * dilation)
        else:
            below = np.linspace(above[0] * stride, above[-1] * stride + (size - 1) * dilation, MOST_DOTS + 1)
        own.insert(0, below)
    scale, times = 1, []
    for level, (where, field) in enumerate(zip(own, fields(sizes, strides, dilations), strict=True)):
        scale *= strides[level - 1] if level else 1
        times.append(where * scale + (field - 1) * (1.0 if causal else 0.5))
    return [when - times[-1][0] for when in times]
