"""A convolution in all its parts, to be seen: the lines that are printed, and the pictures."""

from collections.abc import Iterator, Sequence

import numpy as np

from jconv import plot
from jconv.analysis import shares

from ..dissection import Dissection, method_of
from ..tasks.recording import plural

ROWS = 5
MOST_TAPS, MOST_KERNELS = 12, 16  # that are printed
MOST_NAMES = 3  # of channels


def explain(parts: Dissection) -> Iterator[str]:
    """The lines to print."""
    numbers = parts.metrics()
    yield from shapes(parts)
    yield from kernels(parts)
    yield from rows(parts)
    yield from by_hand(parts)
    if parts.contributions is not None:
        yield "\nEvery output is the sum of what each input channel adds, plus bias:"
        yield f"  largest difference from y: {numbers['contributions_error']:.1e}"
        yield f"  {weights_and_shares(parts)}."
    else:
        yield ""
    yield f"Largest difference from {parts.function} (rounding allows {parts.tolerance():.1e}):"
    for name, y in parts.by_method.items():
        yield f"  {name:14} {(error := np.abs(y - parts.y).max()):.1e}" + spreads(parts, name, error)
    for reason in parts.left_out:
        yield f"{reason}."


def spreads(parts: Dissection, name: str, error: float) -> str:
    """What is allowed where it is more than the line above says."""
    if error <= parts.tolerance():
        return ""
    return f"   ({parts.allowed(method_of(name)):.1e} for this one, whose errors spread)"


def shapes(parts: Dissection) -> Iterator[str]:
    """Of the four arrays."""
    if not parts.own and parts.usual:
        yield f"x       {parts.x.shape}   (length, in): sin and cos, as channels"
        yield f"kernel  {parts.kernel.shape}  (width, in, out): for each output two rows of three weights"
        yield f"bias    {parts.bias.shape}"
        yield f"y       {parts.y.shape}   (length - width + 1, out): 'valid', so the kernel never leaves the signal\n"
        return
    each = "/groups" if parts.settings["groups"] > 1 else ""
    axes = f"(width, out{each}, in)" if parts.transposed else f"(width, in{each}, out)"
    settings = parts.settings if parts.transposed else parts.settings | {"padding_mode": parts.padding_mode}
    yield f"x       {parts.x.shape}   (length, in): {channels(parts.inputs)}"
    yield f"kernel  {parts.kernel.shape}   {axes}"
    yield f"bias    {parts.bias.shape if parts.has_bias else 'none'}"
    yield f"y       {parts.y.shape}   (output length, out): jconv.{parts.function} with " + ", ".join(
        f"{name} {value}" for name, value in settings.items()
    )
    yield ""


def kernels(parts: Dissection) -> Iterator[str]:
    """The weights from each input to each output of its group."""
    inputs, outputs = parts.x.shape[1], parts.y.shape[1]
    groups = parts.settings["groups"]
    pairs = [
        (output, channel)
        for output in range(outputs)
        for channel in range(inputs)
        if channel // (inputs // groups) == output // (outputs // groups)
    ]
    first = -1
    for output, channel in pairs[:MOST_KERNELS]:
        weights = row(parts.dense_kernel[:, channel, output])
        tail = f"   bias {parts.bias[output]:7.4f}" if output != first and parts.has_bias else ""
        yield f"kernel of output {output}, on {parts.inputs[channel]}: {weights}{tail}"
        first = output
    if len(pairs) > MOST_KERNELS:
        yield f"... and {len(pairs) - MOST_KERNELS} more"


def rows(parts: Dissection) -> Iterator[str]:
    """The first rows of x and y."""
    ins, outs, count = ", ".join(parts.inputs[:MOST_TAPS]), parts.y.shape[1], min(ROWS, len(parts.y))
    outputs = f"outputs 0 to {outs - 1}" if outs > 1 else "output 0"
    if parts.plain:
        yield f"\nFirst {plural(count, 'row')} of x ({ins}) and y ({outputs}):"
        for t in range(count):
            yield f"  {row(parts.x[t])}   ->  {row(parts.y[t])}"
        return
    shown = min(ROWS, len(parts.x))
    yield f"\nFirst {plural(shown, 'row')} of x ({ins}):"
    for t in range(shown):
        yield f"  x[{t}]  {row(parts.x[t])}"
    yield f"First {plural(count, 'row')} of y ({outputs}):"
    for t in range(count):
        yield f"  y[{t}]  {row(parts.y[t])}{reads(parts, t)}"


def reads(parts: Dissection, t: int) -> str:
    """Which samples an output sees, where they are a window."""
    if parts.transposed:
        return ""
    window = parts.window
    first = t * window.stride - window.low
    every = f", every {window.dilation}" if window.dilation > 1 else ""
    outside = "" if first >= 0 and first + window.span <= len(parts.x) else f", with padding ({parts.padding_mode})"
    return f"   reads x[{first}] to x[{first + window.span - 1}]{every}{outside}"


def by_hand(parts: Dissection) -> Iterator[str]:
    """One output as dot products."""
    hand = parts.by_hand
    seen = "" if parts.plain and hand.position == 0 else f" (samples {numbers_of(hand.samples)} of x)"
    yield f"\ny[{hand.position}, 0] by hand: one dot product for each input channel, plus bias{seen}"
    for channel, name in list(enumerate(parts.inputs[: hand.window.shape[1]]))[:MOST_KERNELS]:
        samples, weights = row(hand.window[:, channel]), row(hand.weights[:, channel])
        yield f"  {name}:  [{samples}] . [{weights}] = {parts.products[:, channel].sum():7.4f}"
    if hand.window.shape[1] > MOST_KERNELS:
        rest = parts.products[:, MOST_KERNELS:].sum()
        yield f"  the other {hand.window.shape[1] - MOST_KERNELS} inputs: {rest:7.4f}"
    yield f"  bias:                                                         {parts.bias[0]:7.4f}"
    yield f"  sum:                                                          {parts.metrics()['by_hand']:7.4f}"


def numbers_of(samples: np.ndarray) -> str:
    """Positions, the first ones of many."""
    more = ", ..." * (len(samples) > MOST_TAPS)
    return ", ".join(map(str, samples[:MOST_TAPS])) + more


def row(values: np.ndarray) -> str:
    """Numbers as the notebook prints them, the first ones of many."""
    more = f", ... ({len(values)} in all)" if len(values) > MOST_TAPS else ""
    return ", ".join(f"{value:7.4f}" for value in values[:MOST_TAPS]) + more


def channels(names: Sequence[str]) -> str:
    """The names of channels, or how many where they are many."""
    if len(names) > MOST_NAMES:
        return f"{len(names)} channels"
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def weights_and_shares(parts: Dissection) -> str:
    """Whether for each output the channel with the larger weights is the one that adds most, in a sentence."""
    assert parts.contributions is not None
    sizes, added = np.linalg.norm(parts.dense_kernel, axis=0), shares(parts.contributions)
    outputs = [output for output in range(sizes.shape[1]) if np.isfinite(added[:, output]).all()]
    if not outputs:
        return "No output varies"
    if len(sizes) == 1:
        return "There is one input channel, so all that varies comes from it"
    other = [output for output in outputs if sizes[:, output].argmax() != added[:, output].argmax()]
    if not other:
        return "In each output that varies, the channel with the largest weights adds most"
    return f"The channel with the largest weights is not the one that adds most in {listed('output', other)}"


def listed(thing: str, numbers: Sequence[int]) -> str:
    """As in "output 1", "outputs 1 and 2", "outputs 1, 2 and 3"."""
    *most, last = map(str, numbers)
    return f"{thing}s {', '.join(most)} and {last}" if most else f"{thing} {last}"


def waves(parts: Dissection) -> str:
    """Whether each output is a wave like those of the input, shifted, scaled and raised, in a sentence."""
    count = parts.y.shape[1]
    if parts.own or not parts.plain:
        return f"What comes out: {plural(count, 'channel')} of {plural(len(parts.y), 'sample')}"
    rows = np.column_stack([parts.x[: len(parts.y)], np.ones(len(parts.y))]).astype(np.float64)
    rest = parts.y - rows @ np.linalg.lstsq(rows, parts.y.astype(np.float64))[0]
    others = [output for output in range(count) if np.abs(rest[:, output]).max() > parts.tolerance()]
    if not others:
        return f"What comes out: {count} channels, each a shifted, scaled and raised wave of the input's frequency"
    return f"What comes out: {count} channels; more than a wave of the input's frequency in {listed('output', others)}"


def draw(parts: Dissection) -> Iterator[tuple[str, plot.Picture]]:
    """File name and figure, one after the other, each with the settings that made it."""
    for name, figure in pictures(parts):
        figure.note(parts.made_by)
        yield name, figure


def pictures(parts: Dissection) -> Iterator[tuple[str, plot.Picture]]:
    """File name and figure, with the headlines that they justify."""
    unit = {"radian": "radians", "": "samples"}.get(parts.time_unit, parts.time_unit)
    when = f"time of the window's first sample ({unit})"
    if parts.transposed:
        when = f"time of the sample whose tap 0 lands there ({unit})"
    names = [f"output {output}" for output in range(parts.y.shape[1])]
    yield (
        "signal.png",
        plot.signal_panels(
            parts.time,
            {"value": (parts.x, parts.inputs)},
            title=f"What goes in: {went_in(parts)} of {plural(len(parts.x), 'sample')}",
            time_label=f"time ({unit})",
        ),
    )
    yield (
        "outputs.png",
        plot.signal_panels(output_times(parts), {"value": (parts.y, names)}, title=waves(parts), time_label=when),
    )
    yield (
        "kernels.png",
        plot.kernel_heatmaps(
            parts.dense_kernel,
            bias=parts.bias if parts.has_bias else None,
            inputs=parts.inputs,
            title=kernels_headline(parts),
        ),
    )
    hand = parts.by_hand
    yield (
        "by_hand.png",
        plot.window_by_hand(
            hand.window,
            hand.weights,
            float(parts.bias[0]),
            inputs=parts.inputs[: hand.window.shape[1]],
            title=f"One output by hand: multiply, add up, add the bias: {parts.metrics()['by_hand']:.4f}; "
            f"{parts.function} gives {parts.y[hand.position, 0]:.4f}",
        ),
    )
    if parts.contributions is None:
        return
    figure = plot.contribution_panels(
        output_times(parts),
        parts.contributions,
        parts.bias,
        parts.y,
        inputs=parts.inputs,
        kernel=parts.dense_kernel,
        title=weights_and_shares(parts),
        time_label=when,
        value_label="value",
    )
    figure.note(
        "What the channels add and the bias sum to the output, to within "
        f"{parts.metrics()['contributions_error']:.0e}. Weights: their root sum of squares."
    )
    yield "contributions.png", figure


def went_in(parts: Dissection) -> str:
    """The channels by name and number."""
    count = plural(len(parts.inputs), "channel")
    return count if len(parts.inputs) > MOST_NAMES else f"{channels(parts.inputs)}, {count}"


def kernels_headline(parts: Dissection) -> str:
    """How many kernels there are, and what each does."""
    width, groups = len(parts.kernel), parts.settings["groups"]
    of = plural(parts.x.shape[1] // groups, "channel") + " of its group" * (groups > 1)
    each = f"{plural(parts.y.shape[1], 'kernel')}: each "
    if parts.transposed:
        return each + f"spreads a sample of {of} over {plural(width, 'output position')}"
    return each + f"weighs {plural(width, 'sample')} of {of}"


def output_times(parts: Dissection) -> np.ndarray:
    """When the window of each output begins; of a transposed convolution when the sample is that tap 0 brings there."""
    window, step = parts.window, float(parts.time[1] - parts.time[0]) if len(parts.time) > 1 else 1.0
    if parts.transposed:
        return parts.time[0] + (np.arange(len(parts.y)) + window.low) / window.stride * step
    return parts.time[0] + (np.arange(len(parts.y)) * window.stride - window.low) * step
