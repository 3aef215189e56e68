"""Packed rows: dtypes, transformations, what a NaN reaches, memory, and what is refused."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
from alone import Layer, each_alone
from bounds import ROUNDOFF
from jax.sharding import PartitionSpec

from jconv import packed

IDS = np.array([[0, 0, 0, 0, 0, 2, 2, -1, 1, 1, 1, 1], [3, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0, 2]], np.int32)
LAYER = Layer(3, dilation=2, low=4, groups=2)
OPTIONS = {"padding": "causal", "dilation": 2, "groups": 2}


def integers(seed, *shape, dtype: Any = "float32"):
    """Small ones, whose sums are exact in every dtype."""
    rng = np.random.default_rng(seed)
    values = rng.integers(-3, 4, shape)
    return (values + 1j * rng.integers(-3, 4, shape) if np.dtype(dtype).kind == "c" else values).astype(dtype)


def arrays(dtype: Any = "float32"):
    return integers(0, 2, 12, 4, dtype=dtype), integers(1, 3, 2, 6, dtype=dtype), integers(2, 6, dtype=dtype)


def exact(x, kernel, bias, states=None):
    """Outputs and final states."""
    wide = np.complex128 if np.iscomplexobj(x) else np.float64
    x, kernel, bias = (np.asarray(a, wide) for a in (x, kernel, bias))
    states = None if states is None else np.asarray(states, wide)
    return each_alone(LAYER, x, kernel, bias, IDS, states, np.zeros((2, 12, 6), wide), states)[:2]


@pytest.mark.parametrize("dtype", ["float16", "complex64", "int32"])
def test_dtypes(dtype):
    x, kernel, bias = arrays(dtype)
    states = integers(3, 2, 4, 4, 4, dtype=dtype)
    got = packed.conv1d(x, kernel, bias, segment_ids=IDS, **OPTIONS)
    assert got.dtype == x.dtype
    np.testing.assert_array_equal(got, exact(x, kernel, bias)[0].astype(dtype))
    results = packed.conv1d(
        x, kernel, bias, segment_ids=IDS, initial_states=states, return_final_states=True, **OPTIONS
    )
    for got, want in zip(results, exact(x, kernel, bias, states), strict=True):
        assert got.dtype == x.dtype
        np.testing.assert_array_equal(got, np.asarray(want).astype(dtype))


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16], ids=["float16", "bfloat16"])
@pytest.mark.parametrize("groups", [1, 2])
def test_sums_of_sixteen_bits_are_taken_in_float32(groups, dtype):
    """Of 64 taps over 600 positions: values and gradients for kernel and bias round once, that for x each product."""
    rng = np.random.default_rng(0)
    x, kernel, g = (rng.uniform(0.5, 1.5, s).astype(dtype) for s in ((1, 600, 2), (64, 2 // groups, 2), (1, 600, 2)))
    ids, bias = np.repeat(np.arange(4, dtype=np.int32), 150)[None], np.zeros(2, dtype)
    options = {"padding": "causal", "groups": groups, "segment_ids": ids}
    value, back = jax.vjp(lambda x, kernel, bias: packed.conv1d(x, kernel, bias, **options), x, kernel, bias)
    gradients = back(g)
    x, kernel, bias, g = (np.asarray(a, np.float64) for a in (x, kernel, bias, g))
    want = each_alone(Layer(64, low=63, groups=groups), x, kernel, bias, ids, None, g, None)
    unit, fine = ROUNDOFF[np.dtype(dtype)], 600 * ROUNDOFF[np.dtype(np.float32)]
    roundings = {0: 1, 2: 2, 3: 1, 4: 1}
    for (i, count), got in zip(roundings.items(), (value, *gradients), strict=True):
        assert got.dtype == dtype
        sums = np.asarray(want[i])  # of positive terms
        assert (np.abs(np.asarray(got, np.float64) - sums) <= count * (unit + fine) * sums).all()


def test_a_nan_stays_in_its_segment():
    """Values, and the gradients for x, of all other segments keep every bit."""
    x, kernel, bias = arrays()
    call = jax.jit(lambda x: jax.vjp(lambda x: packed.conv1d(x, kernel, bias, segment_ids=IDS, **OPTIONS), x))
    value, back = call(x)
    broken, broken_back = call(np.where((IDS == 0)[..., None], np.nan, x).astype(np.float32))
    others = (IDS != 0)[..., None] & np.ones((1, 1, 6), bool)
    np.testing.assert_array_equal(np.asarray(broken)[others], np.asarray(value)[others])
    assert np.isnan(np.asarray(broken)[~others]).all()
    g = integers(4, 2, 12, 6)
    (of_x,), (of_broken,) = back(g), broken_back(np.where(others, g, np.nan).astype(np.float32))
    np.testing.assert_array_equal(np.asarray(of_broken)[IDS != 0], np.asarray(of_x)[IDS != 0])


def test_transformations():
    """vmap over every argument, jvp, a second derivative, and rows cut over devices."""
    x, kernel, bias = arrays()
    call = partial(packed.conv1d, **OPTIONS)
    want, _ = exact(x, kernel, bias)

    def each(x, ids, kernel):
        return call(x, kernel, bias, segment_ids=ids)

    rows = jax.vmap(each, (0, 0, None))
    got = jax.jit(jax.vmap(rows, (None, None, 0)))(x, IDS, np.stack([kernel, 2 * kernel]))
    np.testing.assert_array_equal(got[0], want)
    np.testing.assert_array_equal(got[1], exact(x, 2 * kernel, bias)[0])

    mesh = jax.make_mesh((2,), ("rows",), axis_types=(jax.sharding.AxisType.Auto,))
    cut, whole = PartitionSpec("rows"), PartitionSpec()
    on_devices = jax.shard_map(each, mesh=mesh, in_specs=(cut, cut, whole), out_specs=cut)
    np.testing.assert_array_equal(jax.jit(on_devices)(x, IDS, kernel), want)

    @jax.jit
    def derivatives(kernel, along):
        def loss(kernel):
            return jnp.sum(each(x, IDS, kernel) ** 2)

        _, tangent = jax.jvp(lambda x, kernel: each(x, IDS, kernel), (x, kernel), (2 * x, kernel))
        gradient, second = jax.jvp(jax.grad(loss), (kernel,), (along,))
        return tangent, second, jax.grad(loss)(kernel + along) - gradient

    tangent, second, difference = derivatives(kernel, integers(5, *kernel.shape))
    np.testing.assert_array_equal(tangent, 3 * exact(x, kernel, 0 * bias)[0])
    np.testing.assert_array_equal(second, difference)  # the loss is a quadratic function


def test_no_copy_for_each_tap():
    """Value and gradient of 40 taps hold no more than 12 arrays of the size of x (measured: 4 to 7)."""
    x, kernel = np.ones((1, 4000, 8), np.float32), np.ones((40, 1, 8), np.float32)
    ids = np.zeros((1, 4000), np.int32)

    def loss(x, kernel):
        return jnp.sum(packed.conv1d(x, kernel, segment_ids=ids, padding="causal", groups=8) ** 2)

    memory = jax.jit(jax.value_and_grad(loss, (0, 1))).lower(x, kernel).compile().memory_analysis()
    assert memory is not None
    assert memory.temp_size_in_bytes <= 12 * x.nbytes


def test_a_row_in_two_parts_with_its_states():
    """Segments that go on in the next row: the states of the first are the initial ones of the second."""
    x, kernel, bias = arrays()
    call = partial(packed.conv1d, return_final_states=True, **OPTIONS)
    whole, last = call(x, kernel, bias, segment_ids=IDS, num_segments=4)
    for got, want in zip((whole, last), exact(x, kernel, bias, np.zeros((2, 4, 4, 4))), strict=True):
        np.testing.assert_array_equal(got, want)
    first, states = call(x[:, :6], kernel, bias, segment_ids=IDS[:, :6], num_segments=4)
    second, states = call(x[:, 6:], kernel, bias, segment_ids=IDS[:, 6:], initial_states=states)
    np.testing.assert_array_equal(jnp.concatenate([first, second], axis=1), whole)
    np.testing.assert_array_equal(states, last)


def test_a_number_that_comes_back():
    """Equal numbers see each other past what lies between, which is zero to them, in the final state too."""
    x, kernel = np.array([[[2.0], [np.nan], [5.0]]], np.float32), np.array([100, 10, 1], np.float32)[:, None, None]
    ids = np.array([[0, 1, 0]], np.int32)
    options = {"padding": "causal", "num_segments": 1, "return_final_states": True}
    y, last = packed.conv1d(x, kernel, segment_ids=ids, **options)
    np.testing.assert_array_equal(y[0, ::2, 0], [2, 205])
    np.testing.assert_array_equal(last[0, 0, :, 0], [0, 5])


X, K = np.zeros((2, 9, 4), np.float32), np.zeros((3, 4, 4), np.float32)
NUMBERS, STATES = np.zeros((2, 9), np.int32), np.zeros((2, 3, 2, 4), np.float32)
REFUSED: list[tuple[Any, str, dict[str, Any]]] = [
    (TypeError, "`segment_ids` (of uint8) must have a signed integer dtype", {"segment_ids": NUMBERS.astype(np.uint8)}),
    (TypeError, "`segment_ids` (of float32) must", {"segment_ids": X[..., 0]}),
    (ValueError, "`segment_ids` (of shape (9,)) must have shape (2, 9)", {"segment_ids": NUMBERS[0]}),
    (TypeError, "`lengths` (of float32) must have an integer dtype", {"lengths": np.ones(2, np.float32)}),
    (ValueError, "`lengths` (of shape ()) must have shape (2,)", {"lengths": np.array(3)}),
    (ValueError, "`padding` (='same') must be 'valid'", {"padding": "same", "stride": 2}),
    (ValueError, "`padding` (=(2, 1)) must add at most 2", {"padding": (2, 1)}),
    (ValueError, "`padding_mode` (='reflect') must be one of 'zeros'", {"padding_mode": "reflect"}),
    (ValueError, "`method` (='fft') must be one of 'auto'", {"segment_ids": NUMBERS, "method": "fft"}),
    (ValueError, "`padding` (='valid') must be 'causal'", {"return_final_states": True}),
    (ValueError, "`num_segments` (=3) must be None", {"num_segments": 3}),
    (ValueError, "`num_segments` (=0) must be at least 1", {"segment_ids": NUMBERS, "num_segments": 0}),
    (
        ValueError,
        "`num_segments` (=None) must be an integer",
        {"segment_ids": NUMBERS, "return_final_states": True, "padding": "causal"},
    ),
    (
        ValueError,
        "`initial_states` (of shape (2, 3, 2, 4)) must have shape (2, 2, 4)",
        {"initial_states": STATES, "padding": "causal"},
    ),
    (
        ValueError,
        "`initial_states` (of shape (2, 3, 2, 4)) must have shape (2, 5, 2, 4)",
        {"initial_states": STATES, "padding": "causal", "segment_ids": NUMBERS, "num_segments": 5},
    ),
    (
        TypeError,
        "`initial_states` (of float64) must have the dtype of `x` (float32)",
        {"initial_states": STATES.astype(np.float64), "padding": "causal", "segment_ids": NUMBERS},
    ),
]


@pytest.mark.parametrize(("error", "text", "options"), REFUSED, ids=[text for _, text, _ in REFUSED])
def test_refused_by_conv1d(error, text, options):
    with pytest.raises(error) as caught:
        packed.conv1d(X, K, **options)
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["segment_ids", "lengths"])
def test_numbers_that_32_bits_do_not_hold_are_refused_and_not_wrapped(name):
    """Numbers of documents are often hashes; 2**32 would be wrapped to 0, another segment."""
    value: Any = np.zeros((2, 9) if name == "segment_ids" else 2, np.int64) + 2**32
    with (
        jax.enable_x64(False),
        pytest.raises(ValueError, match=rf"`{name}` \(from 4294967296 to 4294967296\) must fit"),
    ):
        packed.conv1d(X, K, padding="causal", **{name: value})


def test_lengths_without_a_sign_are_not_wrapped():
    assert packed.output_lengths(np.array([1, 5], np.uint32), 3).tolist() == [0, 3]


@pytest.mark.parametrize("name", ["segment_ids", "lengths"])
def test_an_empty_batch_has_an_empty_result(name):
    value: Any = NUMBERS[:0] if name == "segment_ids" else np.zeros(0, np.int32)
    assert packed.conv1d(X[:0], K, padding="causal", **{name: value}).shape == (0, 9, 4)


CHANNELS_FIRST, WEIGHT = np.zeros((2, 4, 9), np.float32), np.zeros((4, 3), np.float32)
STATE = np.zeros((2, 4, 2), np.float32)
REFUSED_CAUSAL: list[tuple[Any, str, dict[str, Any]]] = [
    (ValueError, "`activation` (='relu') must be one of", {"activation": "relu"}),
    (ValueError, "`seq_idx` must be None with", {"seq_idx": NUMBERS, "initial_states": STATE}),
    (ValueError, "`seq_idx` must be None with", {"seq_idx": NUMBERS, "return_final_states": True}),
    (ValueError, "`weight` (of shape (3, 3)) must have shape (4, 3)", {"weight": WEIGHT[:3]}),
    (ValueError, "`initial_states` (of shape (2, 4, 3)) must", {"initial_states": np.zeros((2, 4, 3), np.float32)}),
    (ValueError, "`weight` (of shape (4, 0)) must have a width", {"weight": WEIGHT[:, :0]}),
    (TypeError, "`seq_idx` (of float32) must have a signed integer", {"seq_idx": CHANNELS_FIRST[:, 0]}),
    (TypeError, "`x` (of int32) must have a floating dtype", {"x": CHANNELS_FIRST.astype(np.int32)}),
    (ValueError, "`x` (of shape (4, 9)) must have 3 axes", {"x": CHANNELS_FIRST[0]}),
]


@pytest.mark.parametrize(("error", "text", "options"), REFUSED_CAUSAL)
def test_refused_by_causal_conv1d(error, text, options):
    with pytest.raises(error) as caught:
        packed.causal_conv1d(**{"x": CHANNELS_FIRST, "weight": WEIGHT, **options})
    assert text in str(caught.value)


REFUSED_OPERATOR: list[tuple[Any, str, dict[str, Any]]] = [
    (ValueError, "`activation` (='relu') must be one of", {"activation": "relu"}),
    (ValueError, "`weight` (of shape (4, 3, 1)) must have shape (4, 1, 1)", {"weight": WEIGHT[:, :, None]}),
    (TypeError, "`bias` (of float16) must have the dtype of `input` (float32)", {"bias": np.zeros(4, np.float16)}),
    (ValueError, "`past_state` (of shape (2, 4, 9)) must have shape (2, 4, 2)", {"past_state": CHANNELS_FIRST}),
]


@pytest.mark.parametrize(("error", "text", "options"), REFUSED_OPERATOR)
def test_refused_by_the_operator(error, text, options):
    with pytest.raises(error) as caught:
        packed.causal_conv_with_state(**{"input": CHANNELS_FIRST, "weight": WEIGHT[:, None], **options})
    assert text in str(caught.value)
