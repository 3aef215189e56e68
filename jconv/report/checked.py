"""jconv's own outputs, against which the page checks itself."""

from typing import Any

import jax.numpy as jnp
import numpy as np

from jconv.conv import conv1d, conv_transpose1d
from jconv.report.budget import Kept
from jconv.report.facts import spread
from jconv.report.run import Run

MOST_CHECKED = 4096
MOST_DIRECT = 5e10
"""Products up to which jconv computes the whole output for the check; beyond, what is inside the excerpts."""


def checked(run: Run, kept: Kept) -> tuple[np.ndarray, np.ndarray]:
    """jconv's own outputs that the page recomputes. Places (count, 3) as entry, time, output; values (count,).

    Method "direct", whose rounding is that of a sum, and full precision, so that the page's bound holds on any device.
    """
    p = run.problem
    options: dict[str, Any] = {"method": "direct", "precision": "highest"}
    options |= {"stride": p.stride, "dilation": p.dilation, "groups": p.groups}
    chosen = [kept.outputs[i] for i in spread(len(kept.outputs), 64)]
    entries = spread(kept.entries, 8)
    x = jnp.asarray(run.x[entries])
    most = max(1, MOST_CHECKED // (len(chosen) * len(entries)))
    products = len(entries) * p.output_length * p.width * p.seen * p.outputs
    if products <= MOST_DIRECT or p.transposed or p.groups > 1 or kept.complete(p):
        bias = None if run.bias is None else jnp.asarray(run.bias)
        if p.transposed:
            output_padding = run.options["output_padding"]
            y = conv_transpose1d(
                x, jnp.asarray(run.given), bias, padding=p.padding, output_padding=output_padding, **options
            )
        else:
            y = conv1d(x, jnp.asarray(run.given), bias, padding=p.padding, padding_mode=p.padding_mode, **options)
        y = np.asarray(y)
        inside = (
            np.arange(p.output_length)
            if kept.complete(p)
            else np.concatenate([inner(run, each) for each in kept.ranges])
        )
        times = inside[spread(len(inside), most)] if len(inside) else inside
        values = y[:, times][:, :, chosen]
    else:
        kernel, times, values = jnp.asarray(run.given[:, :, chosen]), [], []
        bias = None if run.bias is None else jnp.asarray(run.bias[chosen])
        for each in kept.ranges:
            at = inner(run, each)
            if len(at):
                first = at[0] * p.stride - p.low
                last = at[-1] * p.stride - p.low + p.span
                y = np.asarray(conv1d(x[:, first:last], kernel, bias, **options))
                some = spread(len(at), max(1, most // len(kept.ranges)))
                times.append(at[some])
                values.append(y[:, some])
        times, values = np.concatenate(times), np.concatenate(values, axis=1)
    places = np.stack(np.meshgrid(entries, times, chosen, indexing="ij"), axis=-1).reshape(-1, 3)
    return places.astype(np.int32), values.reshape(-1)


def inner(run: Run, stretch: tuple[int, int]) -> np.ndarray:
    """Output positions whose windows lie inside a stretch (first, count) of samples."""
    p, (first, count) = run.problem, stretch
    if p.transposed:
        return np.array(
            [t for t in range(first * p.stride, (first + count) * p.stride - p.span) if t < p.output_length], int
        )
    low = -(-(first + p.low) // p.stride)
    high = (first + count + p.low - p.span) // p.stride
    return np.arange(max(low, 0), min(high, p.output_length - 1) + 1)
