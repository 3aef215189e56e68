"""Padding words, output lengths and receptive fields against definitions written out here."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from jax import lax

import jconv
from jconv.window import Window, forward_window, resolve_padding, transposed_window

LENGTHS = st.integers(1, 60)
TAPS = st.integers(1, 9)
STEPS = st.integers(1, 6)
AMOUNTS = st.integers(-9, 20)
PADDINGS = st.one_of(
    st.sampled_from(["valid", "same", "same_lower", "causal", "SAME", "Causal"]), AMOUNTS, st.tuples(AMOUNTS, AMOUNTS)
)

MANY = settings(max_examples=10 * settings().max_examples)  # integers are cheap


def span_of(taps, dilation):
    """First to last position of one window, counted."""
    return max(range(0, taps * dilation, dilation)) + 1


@MANY
@given(LENGTHS, TAPS, STEPS, STEPS)
def test_same_and_same_lower_are_those_of_lax(length, taps, stride, dilation):
    span = span_of(taps, dilation)
    for word in ("SAME", "SAME_LOWER"):
        (expected,) = lax.padtype_to_pads((length,), (span,), (stride,), word)
        assert resolve_padding(word, length, taps, stride, dilation) == tuple(expected)
        assert forward_window(length, taps, stride, word, dilation).output_length == math.ceil(length / stride)


@MANY
@given(LENGTHS, TAPS, STEPS, STEPS, AMOUNTS, AMOUNTS)
def test_the_other_words_and_numbers(length, taps, stride, dilation, low, high):
    resolve = lambda padding: resolve_padding(padding, length, taps, stride, dilation)  # noqa: E731
    assert resolve("valid") == (0, 0)
    assert resolve("causal") == (span_of(taps, dilation) - 1, 0)
    assert resolve(low) == (low, low)
    assert resolve((low, high)) == resolve([low, high]) == (low, high)


def fitting(length, taps, stride, padding, dilation):
    """The window, or a draw that is put aside because it has no output."""
    low, high = resolve_padding(padding, length, taps, stride, dilation)
    assume(length + low + high >= span_of(taps, dilation))
    return forward_window(length, taps, stride, padding, dilation)


@MANY
@given(LENGTHS, TAPS, STEPS, PADDINGS, STEPS)
def test_a_window_reads_what_the_padding_says(length, taps, stride, padding, dilation):
    """Every window lies in the padded input, one more would not, and causal ones read nothing that comes later."""
    window = fitting(length, taps, stride, padding, dilation)
    low, high = resolve_padding(padding, length, taps, stride, dilation)
    starts = [t * stride - low for t in range(window.output_length + 1)]
    ends = [start + (taps - 1) * dilation for start in starts]
    assert starts[0] == -low == -window.low
    assert ends[-2] < length + high <= ends[-1]
    assert window.high == ends[-2] + 1 - length
    assert window.extent == ends[-2] + 1 - starts[0]
    assert window.halo == ends[0] + 1 - starts[1]
    assert hash(window) == hash(Window(length, taps, window.output_length, stride, dilation, low))
    if isinstance(padding, str) and padding.lower() == "causal":
        assert all(end == t * stride for t, end in enumerate(ends))


@MANY
@given(LENGTHS, TAPS, STEPS, PADDINGS, STEPS)
def test_output_length_is_the_shape_that_conv1d_has(length, taps, stride, padding, dilation):
    window = fitting(length, taps, stride, padding, dilation)
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    x, kernel = jax.ShapeDtypeStruct((length, 2), np.float32), jax.ShapeDtypeStruct((taps, 2, 3), np.float32)
    result = jax.eval_shape(lambda x, kernel: jconv.conv1d(x, kernel, **options), x, kernel)
    assert result.shape == (jconv.output_length(length, taps, **options), 3) == (window.output_length, 3)


@MANY
@given(LENGTHS, TAPS, STEPS, PADDINGS, STEPS, st.data())
def test_a_transposed_window_is_one_of_a_convolution(length, taps, stride, padding, dilation, data):
    """The convolution of what the transpose gives has the length that was given, and the very same window."""
    same = isinstance(padding, str) and padding.lower().startswith("same")
    extra = data.draw(st.integers(1 - stride, 0) if same else st.integers(0, stride - 1))
    span = span_of(taps, dilation)
    if not same:
        low, high = resolve_padding(padding, length, taps, stride, dilation)
        assume((length - 1) * stride + span - low - high + extra >= 1)
    back = transposed_window(length, taps, stride, padding, dilation, extra)
    assert back.output_length == length
    assert forward_window(back.input_length, taps, stride, padding, dilation) == back


@MANY
@given(LENGTHS, TAPS, STEPS, PADDINGS, STEPS)
def test_some_output_padding_gives_every_input_back(length, taps, stride, padding, dilation):
    there = fitting(length, taps, stride, padding, dilation)
    same = isinstance(padding, str) and padding.lower().startswith("same")
    choices = range(1 - stride, 1) if same else range(stride)
    lengths = []
    for extra in choices:
        try:
            lengths.append(transposed_window(there.output_length, taps, stride, padding, dilation, extra).input_length)
        except ValueError as refused:
            assert "the output would be empty" in str(refused)  # noqa: PT017
    assert lengths.count(length) == 1


STACKS = {
    "one layer": ([3], [1], [1]),
    "a dilated stack": ([2, 2, 2, 2], [1, 1, 1, 1], [1, 2, 4, 8]),
    "strides widen what comes after": ([3, 3, 3], [2, 2, 2], [1, 1, 1]),
    "all at once": ([5, 1, 4, 3], [3, 2, 1, 2], [1, 3, 2, 5]),
    "windows that leave gaps": ([2, 3], [4, 1], [1, 1]),
}


@pytest.mark.parametrize("stack", STACKS)
def test_the_receptive_field_is_what_gradients_reach(stack):
    """From the first to the last input that one output of the stack depends on."""
    taps, strides, dilations = STACKS[stack]
    field = jconv.receptive_field(taps, stride=strides, dilation=dilations)

    def last_output(x):
        for k, s, d in zip(taps, strides, dilations, strict=True):
            x = jconv.conv1d(x, jnp.ones((k, 1, 1)), stride=s, dilation=d)
        return x[-1, 0]

    reached = np.flatnonzero(np.asarray(jax.jit(jax.grad(last_output))(jnp.ones((field + 3 * math.prod(strides), 1)))))
    assert reached[-1] - reached[0] + 1 == field


def test_one_number_stands_for_all_layers():
    assert jconv.receptive_field([3, 5], stride=2) == jconv.receptive_field([3, 5], stride=[2, 2]) == 11
    assert jconv.receptive_field(3, dilation=[1, 2, 4]) == 15
    assert jconv.receptive_field(1, stride=7) == 1
