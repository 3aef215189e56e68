"""The oracle: each segment of a row convolved alone in float64, with the transposes, by `oracle.Form`.

A segment with a state is the state followed by its samples, not padded in front.
"""

import itertools
from dataclasses import dataclass

import numpy as np
from oracle import Form


@dataclass(frozen=True)
class Layer:
    """One convolution; padding as the numbers `(low, high)`."""

    taps: int
    stride: int = 1
    dilation: int = 1
    low: int = 0
    high: int = 0
    groups: int = 1

    @property
    def span(self):
        return (self.taps - 1) * self.dilation + 1

    def outputs(self, length):
        return max(0, (length + self.low + self.high - self.span) // self.stride + 1)

    def form(self, length, *, stated=False):
        before, low = (self.span - 1, 0) if stated else (0, self.low)
        return Form(length + before, self.taps, self.outputs(length), self.stride, self.dilation, low, self.groups)


def segments_of(ids):
    """`(number, first, after the last)` of each segment of one row of numbers; negative ones are none."""
    edges = np.flatnonzero(np.diff(ids, prepend=-2, append=-2))
    return [(int(ids[a]), int(a), int(b)) for a, b in itertools.pairwise(edges) if ids[a] >= 0]


def each_alone(layer, x, kernel, bias, ids, states, y, final):
    """The values and the gradients along `y` and `final`, all `(batch, ...)` in 64 bits, of each segment by itself.

    `states` and `final` are `(batch, segments, span - 1, in)`, or None. Returns the outputs, the final states, and the
    gradients for x, kernel, bias and states.
    """
    values, of_x, of_kernel, of_bias = (np.zeros(s, x.dtype) for s in (y.shape, x.shape, kernel.shape, bias.shape))
    halo = layer.span - 1
    without = states is None
    states, final = (np.zeros((len(x), 0, halo, x.shape[2]), x.dtype) if a is None else a for a in (states, final))
    last, of_states = states.copy(), final.copy()  # of a segment that a row does not have
    for row, of_row in enumerate(ids):
        for number, a, b in segments_of(of_row):
            stated = number < states.shape[1]
            form = layer.form(b - a, stated=stated)
            whole = np.concatenate([states[row, number], x[row, a:b]]) if stated else x[row, a:b]
            at = np.s_[a // layer.stride : a // layer.stride + form.outputs]
            values[row, at] = form.output(whole[None], kernel)[0] + bias
            of_bias += y[row, at].sum(axis=0)
            of_kernel += form.kernel(whole[None], y[row, at][None])
            of_whole = form.input(y[row, at][None], kernel)[0]
            if stated:
                last[row, number] = whole[len(whole) - halo :]
                of_whole[len(whole) - halo :] += final[row, number]
                of_states[row, number], of_whole = of_whole[:halo], of_whole[halo:]
            of_x[row, a:b] = of_whole
    return values, None if without else last, of_x, of_kernel, of_bias, None if without else of_states


def check(got, layer, x, kernel, bias, ids, states, y, final, roundoff):
    """Assert that all of `got` lie within the bound of a direct sum: terms * roundoff * sum of absolute products.

    The oracle itself counts the terms, run on ones, and adds up the absolute products.
    """
    arrays = (x, kernel, bias, states, y, final)

    def run(change):
        x, kernel, bias, states, y, final = (None if a is None else change(a) for a in arrays)
        return each_alone(layer, x, kernel, bias, ids, states, y, final)

    exact, counts, sizes = run(np.float64), run(np.ones_like), run(np.abs)
    for i, (have, want, count, size) in enumerate(zip(got, exact, counts, sizes, strict=True)):
        if want is None or count is None or size is None:
            assert have is None
            continue
        have = np.asarray(have, np.float64)
        assert have.shape == want.shape
        assert (np.abs(have - want) <= (count + 2) * roundoff * size).all(), f"result {i} of {layer}"
