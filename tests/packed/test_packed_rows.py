"""Packed rows against each segment alone: values and gradients, whatever stands in masked positions.

A plain run draws a few; `pytest tests/packed/test_packed_rows.py -n 0 --hypothesis-profile=long` draws 500.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jax
import numpy as np
from alone import Layer, check
from bounds import ROUNDOFF
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jconv import packed

SEGMENTS = 4
EXAMPLES = 500 if settings().max_examples > 100 else 3
GARBAGE = (np.nan, np.inf, -np.inf, 1e30)


@dataclass(frozen=True)
class Call:
    """What is compiled: sizes, settings, and which arguments there are."""

    layer: Layer
    padding: str | tuple[int, int]
    kind: str  # what says where the segments are
    stated: bool
    length: int
    inputs: int  # of one group
    outputs: int
    layout: str
    dtype: str
    batch: int = 2

    def turned(self, a: Any) -> Any:
        return np.swapaxes(a, -1, -2) if self.layout == "NCL" and a is not None else a


def drawn_call(number):
    """One of the calls; few, so that many rows are drawn for each compilation."""
    rng = np.random.default_rng(number)
    taps, dilation = int(rng.integers(1, 6)), int(rng.integers(1, 4))
    span = (taps - 1) * dilation + 1
    padding = ["causal", "causal", "valid", "same", "same_lower", "pair"][rng.integers(6)]
    stride = int(rng.integers(1, 4)) if padding in ("causal", "valid", "pair") else 1
    low, high = {
        "causal": (span - 1, 0),
        "valid": (0, 0),
        "same": ((span - 1) // 2, span // 2),
        "same_lower": (span // 2, (span - 1) // 2),
    }.get(padding, (0, 0))
    if padding == "pair":
        low = int(rng.integers(-2, span + 2))
        padding = low, high = low, int(rng.integers(min(-2, span - 1 - low), span - low))
    kind = ["numbers", "numbers", "numbers and lengths", "mask", "lengths"][rng.integers(5)]
    return Call(
        layer=Layer(taps, stride, dilation, low, high, groups=int(rng.integers(1, 4))),
        padding=padding,
        kind=kind,
        stated=padding == "causal" and bool(rng.integers(3)),
        length=int(rng.integers(max(span - low - high, 1), 25) if span - low - high < 25 else span - low - high + 3),
        inputs=int(rng.integers(1, 4)),
        outputs=int(rng.integers(1, 4)),
        layout=["NLC", "NCL"][rng.integers(2)],
        dtype=["float32", "float64"][rng.integers(2)],
    )


@lru_cache
def compiled(call):
    """Values, final states and gradients of the call, under `jit`."""

    def run(x, kernel, bias, states, y, final, where):
        def forward(x, kernel, bias, states):
            result = packed.conv1d(
                x,
                kernel,
                bias,
                initial_states=states,
                return_final_states=call.stated,
                stride=call.layer.stride,
                dilation=call.layer.dilation,
                groups=call.layer.groups,
                padding=call.padding,
                layout=call.layout,
                method="direct",
                **where,
            )
            return result if call.stated else (result, None)

        values, back = jax.vjp(forward, x, kernel, bias, states)
        return *values, *back((y, final))

    return jax.jit(run)


def drawn_row(rng, call):
    """Segment numbers of one row: segments that begin at multiples of the stride, some with a gap before them."""
    ids, at, numbers = np.full(call.length, -1), 0, rng.permutation(SEGMENTS + 1)  # one number is beyond the states
    if call.kind == "lengths":
        ids[: rng.integers(0, call.length + 1)] = 0
        return ids
    if call.kind == "mask":
        ids[rng.integers(0, call.length) // call.layer.stride * call.layer.stride :][: rng.integers(0, 20)] = 0
        return ids
    for number in numbers[: rng.integers(0, SEGMENTS + 2)]:
        at = -(-(at + rng.integers(0, 2) * rng.integers(0, 4)) // call.layer.stride) * call.layer.stride
        size = int(rng.integers(1, 12))
        ids[at : at + size] = number
        at += size
    return ids


def arguments(call, seed):
    """Arrays in layout "NLC", segment numbers, and what the call takes to know these."""
    rng = np.random.default_rng(seed)
    layer, groups = call.layer, call.layer.groups
    ids = np.stack([drawn_row(rng, call) for _ in range(call.batch)]).astype(np.int32)
    several = call.kind.startswith("numbers")
    stated = (call.batch, SEGMENTS if several else 1, layer.span - 1, groups * call.inputs)
    shapes = {
        "x": (call.batch, call.length, groups * call.inputs),
        "kernel": (layer.taps, call.inputs, groups * call.outputs),
        "bias": (groups * call.outputs,),
        "states": stated if call.stated else None,
        "y": (call.batch, layer.outputs(call.length), groups * call.outputs),
        "final": stated if call.stated else None,
    }
    arrays: list[Any] = [None if s is None else rng.normal(size=s).astype(call.dtype) for s in shapes.values()]
    if call.kind == "lengths":
        where = {"lengths": (ids >= 0).sum(axis=1).astype(np.int32)}
    elif call.kind == "mask":
        where = {"segment_ids": ids >= 0}
    elif call.kind == "numbers and lengths":
        lengths = rng.integers(0, call.length + 1, call.batch)
        where = {"segment_ids": ids, "lengths": lengths}
        ids = np.where(np.arange(call.length) < lengths[:, None], ids, -1)
    else:
        where = {"segment_ids": ids}
    return arrays, ids, where


def run(call, arrays: Any, where):
    """The call's results in layout "NLC", with one axis of segments."""
    x, kernel, bias, states, y, final = arrays
    one = call.stated and not call.kind.startswith("numbers")
    states, final = (a[:, 0] if one else a for a in (states, final))
    kernel = kernel.T if call.layout == "NCL" else kernel
    results = compiled(call)(call.turned(x), kernel, bias, *map(call.turned, (states, y, final)), where)
    held: list[Any] = [None if a is None else np.array(a) for a in results]
    value, last, of_x, of_kernel, of_bias, of_states = held
    of_kernel = of_kernel.T if call.layout == "NCL" else of_kernel
    last, of_states = (call.turned(a) for a in (last, of_states))
    last, of_states = (a[:, None] if one else a for a in (last, of_states))
    return call.turned(value), last, call.turned(of_x), of_kernel, of_bias, of_states


def polluted(rng, a, where):
    """`a` with NaN, infinities and large numbers in the entries `where` of its first two axes."""
    a = a.copy()
    a[where] = rng.choice(GARBAGE, size=a[where].shape)
    return a


@settings(max_examples=EXAMPLES)
@example(3, 0)  # numbers with states: depthwise,
@example(8, 1)  # stride 3 and more outputs than inputs
@example(54, 3)  # numbers and lengths with states, channels first
@example(10, 4)  # a mask with states
@example(18, 5)  # lengths with states
@example(27, 6)  # one tap, whose states are empty
@given(st.integers(0, 59), st.integers(0, 2**32 - 1))
def test_a_packed_row_is_each_segment_alone(number, seed):
    call = drawn_call(number)
    (x, kernel, bias, states, y, final), ids, where = arguments(call, seed)
    clean = run(call, (x, kernel, bias, states, y, final), where)
    check(clean, call.layer, x, kernel, bias, ids, states, y, final, ROUNDOFF[np.dtype(call.dtype)])

    rng = np.random.default_rng(seed)
    options = {"stride": call.layer.stride, "padding": call.padding, "dilation": call.layer.dilation}
    output_ids = np.asarray(packed.output_segment_ids(ids, call.layer.taps, **options))
    assert not clean[0][output_ids < 0].any()
    assert not clean[2][ids < 0].any()
    if call.kind == "lengths":
        counts = packed.output_lengths(where["lengths"], call.layer.taps, **options)
        np.testing.assert_array_equal(np.asarray(counts), (output_ids >= 0).sum(axis=1))
    broken_x, broken_y = polluted(rng, x, ids < 0), polluted(rng, y, output_ids < 0)
    if call.stated:  # nor is the state of a segment that a row does not have, which is handed on
        absent = (ids[:, None] != np.arange(states.shape[1])[None, :, None]).all(axis=2)
        states = polluted(rng, states, absent)
        np.copyto(clean[1], states, where=absent[..., None, None])
    broken = run(call, (broken_x, kernel, bias, states, broken_y, final), where)
    for a, b in zip(clean, broken, strict=True):
        np.testing.assert_array_equal(a, b)
