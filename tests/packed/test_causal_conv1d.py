"""`causal_conv1d` and ONNX's operator against their definitions in float64 NumPy, values and gradients."""

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
from bounds import ROUNDOFF

from jconv import packed

BATCH, DIM = 2, 3
SILU = 1.1  # no less than the largest slope of silu; that of its slope is 1/2
SILU_ROUNDINGS = 8  # of its value and of its slope, relative to the argument and to 1


def silu(a):
    return a / (1 + np.exp(-a))


def slope(a):
    s = 1 / (1 + np.exp(-a))
    return s * (1 + a * (1 - s))


def before_activation(x, weight, bias, seq_idx, state):
    """`b[d] + sum over w of weight[d, w] * (state, x)[t + w]`, where the number there is that of t; 0 in padding."""
    width = weight.shape[1]
    whole, numbers = np.concatenate([state, x], axis=2), np.pad(seq_idx, ((0, 0), (width - 1, 0)), constant_values=-1)
    if state.any():
        numbers[:, : width - 1] = 0
    total = np.zeros(x.shape)
    for t in range(x.shape[2]):
        for w in range(width):
            counts = (numbers[:, t + w] == seq_idx[:, t]) & (seq_idx[:, t] >= 0)
            total[:, :, t] += counts[:, None] * weight[:, w] * whole[:, :, t + w]
        total[:, :, t] += (seq_idx[:, t] >= 0)[:, None] * bias
    return total


def sizes_of(x, weight, bias, seq_idx, state):
    """The same of absolute values, by which rounding is bounded; states that are zero stay so."""
    return before_activation(np.abs(x), np.abs(weight), np.abs(bias), seq_idx, np.abs(state))


def transposed(g, x, weight, seq_idx, state):
    """The gradients for x, weight, bias and state along `g`, with respect to what `before_activation` gives."""
    width = weight.shape[1]
    whole, numbers = np.concatenate([state, x], axis=2), np.pad(seq_idx, ((0, 0), (width - 1, 0)), constant_values=-1)
    if state.any():
        numbers[:, : width - 1] = 0
    of_whole, of_weight = np.zeros(whole.shape), np.zeros(weight.shape)
    for t in range(x.shape[2]):
        for w in range(width):
            sent = ((numbers[:, t + w] == seq_idx[:, t]) & (seq_idx[:, t] >= 0))[:, None] * g[:, :, t]
            of_whole[:, :, t + w] += sent * weight[:, w]
            of_weight[:, w] += (sent * whole[:, :, t + w]).sum(axis=0)
    of_bias = (g * (seq_idx >= 0)[:, None]).sum(axis=(0, 2))
    return of_whole[:, :, width - 1 :], of_weight, of_bias, of_whole[:, :, : width - 1]


def drawn(width, kind, length=40, seed=0):
    rng = np.random.default_rng([seed, width])
    x, weight, bias = (rng.normal(size=s) for s in ((BATCH, DIM, length), (DIM, width), (DIM,)))
    state, final = (rng.normal(size=(BATCH, DIM, width - 1)) for _ in range(2))
    seq_idx = np.zeros((BATCH, length), np.int32)
    if kind == "seq_idx":  # padding in between, and a number that comes back
        seq_idx = np.repeat(rng.integers(-1, 3, (BATCH, length // 4)), 4, axis=1).astype(np.int32)
        state, final = np.zeros_like(state), np.zeros_like(final)
    return x, weight, bias, state, final, seq_idx, rng.normal(size=(BATCH, DIM, length))


@pytest.mark.parametrize("kind", ["seq_idx", "states"])
@pytest.mark.parametrize(("width", "activation"), [(2, None), (4, "silu"), (17, "swish"), (64, None)])
def test_values_and_gradients(width, activation, kind):
    x, weight, bias, state, final, seq_idx, g = drawn(width, kind)
    padding = (seq_idx < 0)[:, None] & np.ones((1, DIM, 1), bool)

    def call(x, weight, bias, state):
        if kind == "seq_idx":
            return packed.causal_conv1d(x, weight, bias, seq_idx, activation=activation), state
        return packed.causal_conv1d(x, weight, bias, None, state, True, activation)

    @jax.jit
    def with_gradients(cotangents, *given):
        results, back = jax.vjp(call, *given)
        return *results, back(cotangents)

    cotangents = np.where(padding, np.inf, g), final
    y, last, gradients = with_gradients(cotangents, np.where(padding, np.nan, x), weight, bias, state)

    pre = before_activation(x, weight, bias, seq_idx, state)
    sizes = sizes_of(x, weight, bias, seq_idx, state)
    u = ROUNDOFF[np.dtype(np.float64)]
    off = (width + 2) * u * sizes  # of what the activation is given
    acted = activation is not None
    value_off = SILU * off + SILU_ROUNDINGS * u * np.abs(pre) if acted else off
    assert (np.abs(np.asarray(y) - (silu(pre) if acted else pre)) <= value_off).all()
    assert not np.asarray(y)[padding].any()
    if kind == "states":
        np.testing.assert_array_equal(last, np.concatenate([state, x], axis=2)[:, :, x.shape[2] :])

    exact_g = g * slope(pre) if acted else g
    g_off = np.abs(g) * (off / 2 + SILU_ROUNDINGS * u) if acted else np.zeros(g.shape)
    exact = list(transposed(exact_g, x, weight, seq_idx, state))
    terms = max(width, BATCH * x.shape[2]) + 2
    magnitude = terms * u * np.abs(exact_g) + g_off
    bounds = transposed(magnitude, np.abs(x), np.abs(weight), seq_idx, np.abs(state))
    if kind == "states":
        length = x.shape[2]
        whole = np.concatenate([exact[3], exact[0]], axis=2)
        whole[:, :, length:] += final
        exact[3], exact[0] = whole[:, :, : width - 1], whole[:, :, width - 1 :]
        bounds = [bound + 2 * u * np.abs(want) for bound, want in zip(bounds, exact, strict=True)]
    for got, want, bound in zip(gradients, exact, bounds, strict=True):
        assert (np.abs(np.asarray(got) - want) <= bound).all()
    assert not np.asarray(gradients[0])[padding].any()


@pytest.mark.parametrize("of_weight", [np.float32, ml_dtypes.bfloat16])
@pytest.mark.parametrize("seq_idx", [False, True])
def test_bfloat16_is_rounded_once(of_weight, seq_idx):
    """As in the original kernel, whatever the dtype of the weights: sums, bias and activation in float32."""
    x, weight, bias, _, _, numbers, _ = drawn(4, "seq_idx" if seq_idx else "states")
    x, weight, bias = jnp.asarray(x, jnp.bfloat16), jnp.asarray(weight, of_weight), jnp.asarray(bias, of_weight)
    got = packed.causal_conv1d(x, weight, bias, numbers if seq_idx else None, activation="silu")
    none = np.zeros((BATCH, DIM, 3))
    x, weight, bias = (np.asarray(a, np.float64) for a in (x, weight, bias))
    pre, sizes = (compute(x, weight, bias, numbers, none) for compute in (before_activation, sizes_of))
    exact, off = silu(pre), ROUNDOFF[np.dtype(np.float32)] * (SILU * 6 * sizes + SILU_ROUNDINGS * np.abs(pre))
    assert got.dtype == jnp.bfloat16
    unit = ROUNDOFF[np.dtype(ml_dtypes.bfloat16)]
    assert (np.abs(np.asarray(got, np.float64) - exact) <= off + unit * (np.abs(exact) + off)).all()


@pytest.mark.parametrize("width", [1, 4, 9])
@pytest.mark.parametrize("length", [1, 5])
def test_final_states_of_short_rows(width, length):
    x, weight, _, state, *_ = drawn(width, "states", length)
    _, last = packed.causal_conv1d(x, weight, return_final_states=True)
    padded = np.pad(x, ((0, 0), (0, 0), (width - 1, 0)))
    np.testing.assert_array_equal(last, padded[:, :, length:])
    _, last = packed.causal_conv1d(x, weight, None, None, state, True)
    np.testing.assert_array_equal(last, np.concatenate([state, x], axis=2)[:, :, length:])


@pytest.mark.parametrize("activation", ["none", "swish"])
def test_the_operator_of_onnx_step_by_step(activation):
    """A row at once is that row in steps of 1 and 3, each after the state before; both are the definition."""
    x, weight, bias, state, _, seq_idx, _ = drawn(5, "states", 9)
    weight = weight[:, None]
    whole, last = packed.causal_conv_with_state(x, weight, bias, state, activation)
    pre = before_activation(x, weight[:, 0], bias, seq_idx, state)
    sizes = sizes_of(x, weight[:, 0], bias, seq_idx, state)
    u = ROUNDOFF[np.dtype(np.float64)]
    bound = u * (SILU * 7 * sizes + SILU_ROUNDINGS * np.abs(pre))
    assert (np.abs(np.asarray(whole) - (pre if activation == "none" else silu(pre))) <= bound).all()
    at, carried = 0, jnp.asarray(state)
    for size in (1, 3, 1, 1, 3):
        part, carried = packed.causal_conv_with_state(x[:, :, at : at + size], weight, bias, carried, activation)
        assert (
            np.abs(np.asarray(part) - np.asarray(whole)[:, :, at : at + size]) <= 2 * bound[:, :, at : at + size]
        ).all()
        at += size
    np.testing.assert_array_equal(carried, last)


def test_float16_of_the_operator_is_rounded_before_the_activation_and_after():
    x, weight, bias, *_ = (np.asarray(a, np.float16) for a in drawn(4, "states"))
    plain, _ = packed.causal_conv_with_state(x, weight[:, None], bias)
    acted, _ = packed.causal_conv_with_state(x, weight[:, None], bias, None, "silu")
    exact = silu(np.asarray(plain, np.float64))
    off = SILU_ROUNDINGS * ROUNDOFF[np.dtype(np.float32)] + ROUNDOFF[np.dtype(np.float16)]
    assert (np.abs(np.asarray(acted, np.float64) - exact) <= off * np.abs(exact) + np.finfo(np.float16).tiny).all()
