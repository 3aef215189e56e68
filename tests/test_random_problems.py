"""Randomly drawn sizes, paddings, modes, layouts and methods against the float64 oracle.

A plain run draws the same few every time; `pytest tests/test_random_problems.py -n 0 --hypothesis-profile=long` draws
thousands of new ones.
"""

import math
from dataclasses import dataclass

import jax
import numpy as np
from bounds import ROUNDOFF, check, limits
from hypothesis import given
from hypothesis import strategies as st
from oracle import Form, pad_with_mode

import jconv

WORDS = ("valid", "same", "same_lower", "causal")
COMPILED_BEFORE_CLEARING = 200  # each problem is a compilation that JAX would keep for ever


@dataclass(frozen=True)
class Problem:
    """One call of conv1d, its transposes and of conv_transpose1d, in the words that a user would write."""

    function: str  # the one that is differentiated
    batch: tuple[int, ...]
    length: int
    groups: int
    inputs: int  # of one group
    outputs: int
    taps: int
    stride: int
    dilation: int
    padding: str | int | tuple[int, int]
    mode: str
    layout: str
    method: str
    dtype: str
    seed: int

    @property
    def span(self):
        return (self.taps - 1) * self.dilation + 1

    @property
    def pads(self) -> tuple[int, int]:
        """The padding's numbers, from the definition of each word."""
        if isinstance(self.padding, int):
            return self.padding, self.padding
        if isinstance(self.padding, tuple):
            return self.padding
        if self.padding == "valid":
            return 0, 0
        if self.padding == "causal":
            return self.span - 1, 0
        if self.padding not in ("same", "same_lower"):
            raise ValueError(f"`padding` (={self.padding!r}) has no numbers here yet")
        outputs = math.ceil(self.length / self.stride)
        total = max((outputs - 1) * self.stride + self.span - self.length, 0)
        return (total // 2, total - total // 2) if self.padding == "same" else (total - total // 2, total // 2)

    @property
    def form(self):
        """The oracle's sizes; where the signal's own values pad it, of the signal already padded."""
        low, high = self.pads
        padded = self.length + low + high
        outputs = (padded - self.span) // self.stride + 1
        length, low = (self.length, low) if self.mode == "zeros" else (padded, 0)
        return Form(length, self.taps, outputs, self.stride, self.dilation, low, self.groups)

    @property
    def output_padding(self):
        """What makes conv_transpose1d give back this length among all that lead to as many outputs."""
        if self.padding in ("same", "same_lower"):
            return self.length - self.form.outputs * self.stride
        return (self.length + sum(self.pads) - self.span) % self.stride

    def arrays(self):
        """x, kernel and y in layout "NLC" with one batch axis."""
        rng = np.random.default_rng(self.seed)
        batch = math.prod(self.batch)
        shapes = (
            (batch, self.length, self.groups * self.inputs),
            (self.taps, self.inputs, self.groups * self.outputs),
            (batch, self.form.outputs, self.groups * self.outputs),
        )
        return tuple(rng.normal(size=shape).astype(self.dtype) for shape in shapes)

    def laid_out(self, a):
        """A signal as the call takes it."""
        a = a.reshape(*self.batch, *a.shape[1:])
        return a if self.layout == "NLC" else a.swapaxes(-1, -2)

    def flat(self, a):
        """The inverse of `laid_out`."""
        a = np.asarray(a)
        a = a if self.layout == "NLC" else a.swapaxes(-1, -2)
        return a.reshape(math.prod(self.batch), *a.shape[-2:])


@st.composite
def problems(draw):
    taps = draw(st.integers(1, 7))
    dilation = draw(st.integers(1, 4))
    stride = draw(st.integers(1, 5))
    span = (taps - 1) * dilation + 1
    amounts = st.integers(-taps, 2 * max(span, taps))
    padding = draw(st.one_of(st.tuples(amounts, amounts), amounts, st.sampled_from(WORDS)))
    function = draw(st.sampled_from(["conv1d", "conv_transpose1d"]))
    mode = draw(st.sampled_from(["zeros", "zeros", "reflect", "replicate", "circular"]))
    mode = mode if function == "conv1d" else "zeros"
    pads = {"valid": (0, 0), "causal": (span - 1, 0)}.get(padding) if isinstance(padding, str) else padding
    low, high = (pads, pads) if isinstance(pads, int) else pads or (0, 0)  # "same" is never more than is missing
    shortest = max(1, span - low - high if padding not in ("same", "same_lower") else 1)
    return Problem(
        function=function,
        batch=draw(st.sampled_from([(2,), (), (1,), (3,), (2, 2), (0,)])),
        length=draw(st.integers(shortest, shortest + 30)),
        groups=draw(st.sampled_from([1, 1, 2, 3, 5])),
        inputs=draw(st.integers(1, 4)),
        outputs=draw(st.integers(1, 4)),
        taps=taps,
        stride=stride,
        dilation=dilation,
        padding=padding,
        mode=mode,
        layout=draw(st.sampled_from(["NLC", "NCL"])),
        method=draw(st.sampled_from(["auto", "direct", *jconv.METHODS])),
        dtype=draw(st.sampled_from(["float32", "float64"])),
        seed=draw(st.integers(0, 2**32 - 1)),
    )


def computed(problem: Problem, x, k, y):
    """conv1d's value, its two transposes, and the other function's value, compiled together.

    With a padding mode other than zeros conv_transpose1d is not the adjoint and the last is None.
    """
    options = {
        "stride": problem.stride,
        "dilation": problem.dilation,
        "padding": problem.padding,
        "groups": problem.groups,
        "layout": problem.layout,
        "method": problem.method,
    }

    def forward(x, k):
        return jconv.conv1d(x, k, padding_mode=problem.mode, **options)

    def transposed(y, k):
        return jconv.conv_transpose1d(y, k, output_padding=problem.output_padding, **options)

    @jax.jit
    def run(x, k, y):
        if problem.function == "conv1d":
            value, pullback = jax.vjp(forward, x, k)
            of_x, of_k = pullback(y)
            return value, of_x, of_k, transposed(y, k) if problem.mode == "zeros" else None
        of_x, pullback = jax.vjp(transposed, y, k)
        value, of_k = pullback(x)
        return value, of_x, of_k, forward(x, k)

    kernel = k if problem.layout == "NLC" else k.T
    value, of_x, of_k, other = run(problem.laid_out(x), kernel, problem.laid_out(y))
    of_k = np.asarray(of_k) if problem.layout == "NLC" else np.asarray(of_k).T
    return problem.flat(value), problem.flat(of_x), of_k, None if other is None else problem.flat(other)


def unpadded(padded, problem: Problem, x):
    """The transpose of padding `x` with its own values: what each sample gets from all its copies."""
    copies = pad_with_mode(np.arange(problem.length)[None], *problem.pads, problem.mode)[0]
    total = np.zeros(x.shape)
    for place, sample in enumerate(copies):
        total[:, sample] += padded[:, place]
    return total, np.bincount(copies, minlength=problem.length)[:, None]


compiled = 0


@given(problems())
def test_values_transposes_and_the_adjoint_identity(problem: Problem):
    global compiled
    compiled += 1
    if compiled % COMPILED_BEFORE_CLEARING == 0:
        jax.clear_caches()
    x, k, y = problem.arrays()
    value, of_x, of_k, other = computed(problem, x, k, y)
    form, method, dtype = problem.form, problem.method, problem.dtype
    padded = x if problem.mode == "zeros" else pad_with_mode(x, *problem.pads, problem.mode)
    check(value, form, "output", padded, k, method=method, dtype=dtype)
    check(of_k, form, "kernel", padded, y, method=method, dtype=dtype)
    input_limits = limits(form, "input", y, k, method=method, dtype=dtype)
    if problem.mode == "zeros":
        check(of_x, form, "input", y, k, method=method, dtype=dtype)
        face, first = ("input", y) if problem.function == "conv1d" else ("output", x)
        check(other, form, face, first, k, method=method, dtype=dtype)
    else:
        exact = form.input(y, k)
        gathered, copies = unpadded(exact, problem, x)
        size, _ = unpadded(np.abs(exact) + input_limits, problem, x)
        input_limits = unpadded(input_limits, problem, x)[0] + copies * ROUNDOFF[np.dtype(dtype)] * size
        assert of_x.dtype == dtype
        assert np.all(np.abs(of_x - gathered) <= input_limits)

    x, y, value, of_x = (a.astype(np.float64) for a in (x, y, value, of_x))
    sides = np.sum(value * y), np.sum(x * of_x)
    off = np.sum(limits(form, "output", padded, k, method=method, dtype=dtype) * np.abs(y))
    off += np.sum(input_limits * np.abs(x))
    rounding = ROUNDOFF[np.dtype(np.float64)] * max(x.size, y.size)
    off += rounding * (np.sum(np.abs(value * y)) + np.sum(np.abs(x * of_x)))
    assert abs(sides[0] - sides[1]) <= off
