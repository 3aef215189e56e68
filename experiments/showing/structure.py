"""What a fit's data and its model are made of: shares of channels, what the input shows, filters, layers."""

from collections.abc import Iterator

import numpy as np

from jconv import analysis, plot, receptive_field
from jconv.analysis import frequency_response
from jconv.plot.filter_bank import centre
from jconv.plot.patch_spectrum import MOST_KERNELS

from ..config import schema
from ..findings.optimum import FLOAT32_EPS, predict, real, settings
from ..fitting import Fitted, relative
from . import headlines
from .labels import names, spread

MOST_PARTS = 4_000_000
"""Numbers that the shares are worked out from: so many samples of the held-out part, times inputs, times outputs."""


def structure(fit: Fitted) -> Iterator[tuple[str, plot.Picture]]:
    """File names and figures, of those that say something of this fit."""
    if fit.problem.x.shape[1] > 1:
        yield "shares.png", shares(fit)
    if fit.blind:
        yield "unseen.png", unseen(fit)
    if isinstance(fit.model, schema.LinearStack) and len(fit.model.layers) > 1:
        yield "receptive_field.png", layers(fit)


def shares(fit: Fitted) -> plot.Picture:
    """What each input channel adds to each output, on the held-out part."""
    kernel, model = ungrouped(fit.learnt, fit.model.groups), fit.model
    _, ins, outs = kernel.shape
    length = max(MOST_PARTS // (ins * outs), 2 * model.span + model.stride)
    x = real("x", fit.held_out[0][:length])
    where = {**settings(model), "groups": 1}
    parts = np.stack([analysis.float64_output(x[:, [c]], kernel[:, [c]], **where) for c in range(ins)])
    ranges, open_by = None, 0.0
    if fit.blind:
        ranges = analysis.share_ranges(x, fit.learnt, **settings(model), rounding=FLOAT32_EPS)
        open_by = float(np.nanmax(ranges.high - ranges.low, initial=0.0))
    title = headlines.shares(np.linalg.norm(kernel, axis=0), analysis.shares(parts), open_by)
    inputs = None if fit.model.groups > 1 else names(fit)["inputs"]
    return plot.share_bars(parts, kernel, title=title, ranges=ranges, inputs=inputs, outputs=names(fit)["outputs"])


def ungrouped(kernel: np.ndarray, groups: int) -> np.ndarray:
    """(width, in/groups, out) as (width, in, out), with zeros for what an output does not see."""
    width, within, outs = kernel.shape
    whole = np.zeros((width, within * groups, outs))
    for group in range(groups):
        own = slice(group * outs // groups, (group + 1) * outs // groups)
        whole[:, group * within : (group + 1) * within, own] = kernel[:, :, own]
    return whole


def unseen(fit: Fitted) -> plot.Picture:
    """How strongly the training's input shows each direction, and kernels that it cannot show."""
    title = headlines.spectrum(fit.fixed, unseen_change(fit))
    inputs = fit.problem.inputs
    return plot.patch_spectrum(fit.identified, title=title, inputs=inputs)


def unseen_change(fit: Fitted) -> float:
    """What adding a drawn kernel, as large as the learnt one, changes of the training's outputs, of their size."""
    x, model, found = fit.trained[0], fit.model, fit.identified
    outputs = predict(x, fit.learnt, None, model)
    size, outs = float(np.linalg.norm(fit.learnt, axis=(0, 1)).max()), fit.learnt.shape[2]
    changes = []
    for kernel, group in zip(found.unseen[:MOST_KERNELS], found.group, strict=False):
        added = np.zeros_like(fit.learnt)
        own = slice(group * outs // model.groups, (group + 1) * outs // model.groups)
        added[:, :, own] = size * kernel[:, :, None]
        changes.append(relative(predict(x, added, None, model)[:, own], (outputs - outputs.mean(axis=0))[:, own]))
    return max(changes)


def bank(fit: Fitted) -> plot.Picture:
    """The gains of a bank's filters, where they began, and what they pass together."""
    cycles = frequency_response(np.ones(1))[0]
    frequencies = cycles * (fit.problem.rate or 1.0)
    kernels = (real("kernel", fit.training.first_arrays["kernel"]), fit.learnt)
    start, end = (np.abs(frequency_response(spread(kernel, fit.model))[1][:, 0]) for kernel in kernels)
    centres = centre(frequencies, end)
    low, high = float(np.nanmin(centres)), float(np.nanmax(centres))
    inside = (frequencies >= low) & (frequencies <= high)
    inside[np.abs(frequencies - low).argmin()] = True  # of a single filter there is nothing between
    title = headlines.bank(low, high, fit.unit_of_frequency, *(ripple(gain[inside]) for gain in (start, end)))
    label = f"frequency ({fit.unit_of_frequency})"
    outputs = names(fit)["outputs"]
    return plot.filter_bank(frequencies, start, end, title=title, frequency_label=label, names=outputs)


def ripple(gains: np.ndarray) -> float:
    """Largest over smallest sum of powers, in dB, of gains (points, filters)."""
    power = np.maximum(np.square(gains).sum(axis=1), 1e-12)
    return float(10 * np.log10(power.max() / power.min()))


def layers(fit: Fitted) -> plot.Picture:
    """What an output sees in each layer."""
    model, rate = fit.model, fit.problem.rate
    assert isinstance(model, schema.LinearStack)
    widths, strides, dilations = (list(each) for each in zip(*model.layers, strict=True))
    used = np.zeros(1, np.int64)
    for width, stride, dilation in reversed(model.layers):
        used = np.unique(used[:, None] * stride + np.arange(width) * dilation)
    seen = receptive_field(widths, stride=strides, dilation=dilations)
    return plot.receptive_field(
        widths,
        title=headlines.field(len(widths), seen, len(used), rate),
        stride=strides,
        dilation=dilations,
        causal=model.padding == "causal",
        rate=rate,
    )
