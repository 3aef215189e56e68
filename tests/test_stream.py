"""A signal in chunks through `jconv.Stream` gives what the formula gives for the whole signal, as soon as it can."""

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from streams import Case, check, flat

import jconv

EXAMPLES = 12 if settings().max_examples <= 40 else 1000  # each is a compilation of a second
COMPILED_BEFORE_CLEARING = 200  # which JAX would keep for ever
compiled = 0
WORDS = ("valid", "same", "same_lower", "causal")
GENERATE = (Phase.explicit, Phase.reuse, Phase.generate)  # to shrink an example takes minutes
small = st.integers(1, 2)
cases = st.builds(
    Case,
    cuts=st.lists(st.integers(0, 12), min_size=1, max_size=4).filter(sum).map(tuple),
    taps=st.integers(1, 5),
    stride=st.integers(1, 4),
    padding=st.sampled_from(WORDS) | st.tuples(st.integers(-3, 7), st.integers(-3, 7)),
    dilation=st.integers(1, 3),
    groups=small,
    inputs=small,
    outputs=small,
    transposed=st.booleans(),
    method=st.sampled_from(("direct", "fft", "taps")),
    block=st.sampled_from((1, 4, 7)),
    batch=st.sampled_from(((), (2,), (2, 1))),
    dtype=st.sampled_from(("float32", "float64")),
    seed=st.integers(0, 99),
)


@settings(max_examples=EXAMPLES, phases=GENERATE)
@given(case=cases)
@example(Case((3, 4), taps=2, stride=2, padding="same"))  # no whole strides, but the same zeros in front
@example(Case((3, 4), taps=4, stride=2, padding="same_lower"))  # other zeros
def test_joined_outputs_and_gradients_are_those_of_the_whole_signal(case):
    if not case.whole_strides:
        with pytest.raises(ValueError, match="whole strides"):
            jax.eval_shape(case.run, *case.arrays()[:3])
        return
    check(case)
    global compiled
    compiled += 1
    if compiled % COMPILED_BEFORE_CLEARING == 0:
        jax.clear_caches()


def final(case, seen):
    """Outputs that are known after `seen` inputs: however many more come, they are there and read none of them."""
    counts = []
    for more in range(2 * (case.span + case.stride) + 12):
        longer = replace(case, cuts=(max(seen + more, 1),))
        if not longer.whole_strides or seen + more == 0:
            continue
        at, low = np.arange(longer.positions), longer.pads[0]
        last = (at + low) // case.stride if case.transposed else at * case.stride + case.span - 1 - low
        counts.append(np.searchsorted(last, seen) if more else np.count_nonzero(last < seen))
    return min(counts)


@settings(max_examples=2 * EXAMPLES, phases=GENERATE)
@given(case=cases)
def test_outputs_leave_as_soon_as_nothing_later_can_change_them(case):
    stream, (x, kernel, bias, _) = case.stream, case.arrays()
    state, seen, out = stream.init(case.batch, x.shape[-1], x.dtype), 0, 0
    for length in case.cuts:
        state, new = jax.eval_shape(stream.step, state, x[..., seen : seen + length, :], kernel, bias)
        seen, out = seen + length, out + new.shape[-2]
        if seen:
            assert out == final(case, seen)
            latency = stream.latency
            each = 1 if case.transposed else case.stride
            now = seen * case.stride if case.transposed else seen
            assert out >= len(range(0, now - latency, each)), "what the latency promises"


BITS = {  # depthwise taps, and whole numbers
    "depthwise": Case((1, 7, 30, 2, 1), taps=4, groups=24, batch=(2,), method="taps"),
    "strided": Case((5, 1, 40), taps=6, stride=2, dilation=3, groups=5, method="taps"),
    "long": Case((64, 1, 200), taps=70, groups=8, method="taps"),
    "same": Case((9, 30, 1), taps=5, groups=4, padding="same", method="taps"),
    "transposed": Case((3, 1, 20), taps=5, stride=2, groups=6, transposed=True, method="taps"),
    "transposed, cropped": Case((3, 1, 20), taps=3, stride=4, padding=(2, 5), groups=2, transposed=True, method="taps"),
    "whole numbers": Case((3, 1, 20), taps=5, stride=3, inputs=20, outputs=18, padding=(3, -2), dtype="int32"),
}


EAGER = [(name, False) for name in ("depthwise", "transposed")]


@pytest.mark.parametrize(("name", "compiled"), [*EAGER, *((name, True) for name in BITS)])
def test_every_bit_is_that_of_the_whole_signal(name, compiled):
    case = BITS[name]
    x, kernel, bias, _ = case.arrays()
    options = {key: getattr(case, key) for key in ("stride", "padding", "dilation", "groups", "method")}
    whole = jconv.conv_transpose1d if case.transposed else jconv.conv1d
    run = jax.jit(case.run) if compiled else case.run
    got = np.asarray(run(*map(jnp.asarray, (x, kernel, bias))))
    np.testing.assert_array_equal(got, np.asarray(whole(x, kernel, bias, **options)))


@pytest.mark.parametrize("method", ["direct", "taps", "fft"])
@pytest.mark.parametrize("transposed", [False, True])
def test_a_nan_reaches_no_output_that_it_is_no_part_of(method, transposed):
    case = Case((20, 20, 20, 20), taps=3, stride=2, dilation=3, transposed=transposed, method=method, padding="valid")
    x, kernel, bias, _ = case.arrays()
    at = 31
    x[:, at] = np.nan
    got = flat(case.run(x, kernel, bias))
    spread = 2 * case.block if method == "fft" else 0
    positions = np.arange(got.shape[1])
    if transposed:
        touched = (positions >= at * 2 - spread) & (positions < at * 2 + case.span + spread)
    else:
        touched = (positions * 2 <= at + spread) & (positions * 2 + case.span + spread > at)
    assert np.isfinite(got[:, ~touched]).all()
    assert np.isnan(got).any()


SCANNED = {
    "causal": Case((6,) * 4, taps=4, stride=3, inputs=2),
    "transposed": Case((6,) * 4, taps=4, stride=2, padding="valid", transposed=True),
    "fft": Case((8,) * 4, taps=9, method="fft", block=4),
}


@pytest.mark.parametrize("name", SCANNED)
def test_a_state_is_a_carry_of_scan_and_a_chunk_of_one_size_compiles_once(name):
    case, traces = SCANNED[name], []
    x, kernel, bias, _ = map(jnp.asarray, case.arrays())
    stream = case.stream
    kernel = stream.prepare(kernel)

    def step(state, chunk):
        traces.append(chunk.shape)
        return stream.step(state, chunk, kernel, bias)

    chunks = jnp.stack(jnp.split(x, len(case.cuts), axis=-2))
    begin = stream.init(case.batch, x.shape[-1], x.dtype)
    one, state, outs = jax.jit(step), begin, []
    for chunk in chunks:
        state, out = one(state, chunk)
        outs.append(out)
    assert len(traces) == 1
    last, scanned = jax.lax.scan(step, begin, chunks)
    assert jax.tree.structure(last) == jax.tree.structure(state)
    for a, b in zip(scanned, outs, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=2e-6 * case.taps)


RESET = {
    "causal": Case((6, 9), stride=3, groups=2),
    "same": Case((6, 9), taps=5, padding="same"),
    "valid": Case((6, 9), taps=2, dilation=4, stride=2, padding="valid"),
    "valid, a stride as long as the kernel": Case((4, 12), taps=4, stride=4, padding="valid"),
    "transposed": Case((6, 9), taps=4, stride=2, padding="causal", transposed=True),
    "kept back": Case((6, 9), taps=2, stride=4, padding=(0, 1), transposed=True),
    "fft": Case((6, 9), taps=9, stride=2, padding="same_lower", method="fft", block=4),
    "fft, kept back": Case((6, 9), taps=2, padding=(0, -3), method="fft", block=4),
}


@pytest.mark.parametrize("name", RESET)
def test_reset_rows_begin_anew_and_the_others_go_on(name):
    case = replace(RESET[name], batch=(3,))
    x, kernel, bias, _ = case.arrays()
    old, new = x[:, : case.cuts[0]], x[:, case.cuts[0] :]
    old[1] = np.nan
    rows = np.array([False, True, True])
    stream = case.stream
    begin = stream.init((3,), x.shape[-1], x.dtype)

    def after(old, new, kernel, bias):
        """The outputs after a reset, apart those that are to be dropped, where there was an old signal."""
        state, dropped = begin, 0
        if old is not None:
            state, _ = stream.step(begin, old, kernel, bias)
            state, dropped = stream.reset(state, rows), stream.latency // (1 if case.transposed else case.stride)
        state, out = stream.step(state, new, kernel, bias)
        return jnp.concatenate([out, stream.flush(state, kernel, bias)], axis=1)[:, dropped:]

    @jax.jit
    def all_of_it(*arrays):
        got, back = jax.vjp(after, *arrays)
        return got, back(jnp.ones_like(got)), after(None, *arrays[1:]), after(None, *map(jnp.abs, arrays[1:]))

    got, gradients, fresh, size = all_of_it(old, new, kernel, bias)
    bound = float(1e-6 * case.taps * size.max()) * (4 if case.method == "fft" else 1)
    assert got.shape == fresh.shape
    np.testing.assert_allclose(got[rows], fresh[rows], rtol=0, atol=bound)
    of_old, of_new, of_kernel, of_bias = gradients
    assert not np.asarray(of_old)[rows].any()
    assert all(np.isfinite(a).all() for a in (of_new, of_kernel, of_bias))
    whole = jax.jit(case.run)(x, kernel, bias)[:, -fresh.shape[1] :]
    np.testing.assert_allclose(got[0], whole[0], rtol=0, atol=bound)


def test_streams_are_hashable_and_equal_by_their_settings():
    stream = jconv.Stream(3, padding=[1, 0], method={"output": "taps", "input": "gemm", "kernel": "gemm"})
    same = jconv.Stream(3, padding=(1, 0), method={"kernel": "gemm", "input": "gemm", "output": "taps"})
    assert stream == same
    assert hash(stream) == hash(same)
    assert stream != jconv.Stream(3, padding=1)
    assert len({stream, same, jconv.Stream(3), jconv.Stream(3, padding="CAUSAL")}) == 2


@pytest.mark.parametrize(
    ("settings", "latency"),
    [
        ({}, 0),
        ({"padding": "valid", "dilation": 3}, 12),
        ({"padding": "same"}, 2),
        ({"padding": "same", "stride": 2}, 3),
        ({"padding": (0, -3)}, 7),
        ({"padding": 9}, 0),
        ({"padding": "valid", "transposed": True}, 0),
        ({"padding": "causal", "transposed": True, "stride": 2}, 4),
        ({"padding": "valid", "transposed": True, "stride": 7}, 2),
    ],
)
def test_latency_in_samples(settings, latency):
    assert jconv.Stream(5, **settings).latency == latency


STREAM = jconv.Stream(3, groups=2)
STATE = STREAM.init((2,), 4)
KERNEL, CHUNK = np.zeros((3, 2, 4), np.float32), np.zeros((2, 5, 4), np.float32)
NOT: tuple[Any, ...] = (1, CHUNK)  # no boolean, no state
LATE = jconv.Stream(3, stride=2)
ERRORS = {
    "kernel_size": (lambda: jconv.Stream(0), "`kernel_size` (=0) must be at least 1"),
    "padding": (lambda: jconv.Stream(3, padding="cusal"), "`padding` (='cusal') must be one of"),
    "transposed": (lambda: jconv.Stream(3, transposed=NOT[0]), "`transposed` (=1, a int) must be True or False"),
    "block": (lambda: jconv.Stream(3, method="fft", block=0), "`block` (=0) must be at least 1"),
    "groups": (lambda: STREAM.init((), 3), "`groups` (=2) must divide `channels` (=3)"),
    "integers": (lambda: jconv.Stream(3, method="fft").init((), 1, "int32"), "`method` (='fft') cannot do this"),
    "chunk": (lambda: STREAM.step(STATE, CHUNK[0], KERNEL), "`chunk` (of shape (5, 4)) must have the shape"),
    "dtype": (lambda: STREAM.step(STATE, CHUNK.astype("float64"), KERNEL), "`chunk` (of float64) must have the dtype"),
    "state": (lambda: STREAM.step(NOT[1], CHUNK, KERNEL), "`state` (=array"),
    "other": (lambda: jconv.Stream(3).step(STATE, CHUNK, KERNEL), "`state` (of Stream(kernel_size=3"),
    "taps": (lambda: STREAM.step(STATE, CHUNK, KERNEL[1:]), "must have `kernel_size` (=3) taps"),
    "axes": (lambda: STREAM.prepare(KERNEL[0]), "`kernel` (of shape (2, 4)) must have 3 axes"),
    "bias": (lambda: STREAM.flush(STATE, KERNEL, KERNEL[0, 0, :2]), "`bias` (of shape (2,)) must have shape (4,)"),
    "rows": (lambda: STREAM.reset(STATE, np.zeros(3, bool)), "`rows` (of shape (3,)) must have the batch shape"),
    "mask": (lambda: STREAM.reset(STATE, np.zeros(2, "int32")), "`rows` (of int32) must be booleans"),
    "phase": (
        lambda: LATE.reset(LATE.step(LATE.init((), 1), CHUNK[0, :1, :1], KERNEL[:, :1, :1])[0], np.array(True)),
        "must be at a whole stride",
    ),
    "early": (
        lambda: (s := jconv.Stream(3, padding=5)).reset(s.init((), 1), np.array(True)),
        "`padding` (=(5, 5)) must not bring outputs before",
    ),
    "prepared": (
        lambda: jconv.Stream(3, method="fft").step(
            jconv.Stream(3, method="fft").init((2,), 4), CHUNK, jconv.Stream(3, method="fft", block=8).prepare(KERNEL)
        ),
        "must be prepared by this stream",
    ),
    "one array": (lambda: jconv.conv1d_stream(3, KERNEL), "`chunks` (=3, a int) must be arrays one after another"),
    "no time": (lambda: next(jconv.conv1d_stream(CHUNK[0, 0], KERNEL)), "must have at least 2 axes"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_say_in_one_line_what_is_wrong(name):
    call, text = ERRORS[name]
    with pytest.raises((ValueError, TypeError, NotImplementedError)) as caught:
        call()
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)
