"""`causal_conv1d` with the arguments and the meaning of Dao-AILab's causal-conv1d."""

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from jconv import checks
from jconv.call import checked_array
from jconv.conv import conv1d
from jconv.packed import rows
from jconv.packed.segments import check_shape, checked_ids

ACTIVATIONS = ("silu", "swish")  # two names of one function


def causal_conv1d(
    x: ArrayLike,
    weight: ArrayLike,
    bias: ArrayLike | None = None,
    seq_idx: ArrayLike | None = None,
    initial_states: ArrayLike | None = None,
    return_final_states: bool = False,
    activation: str | None = None,
) -> Any:
    """Causal depthwise convolution as `causal_conv1d_fn` of causal-conv1d, at any width and on any device.

    `y[b, d, t] = activation(bias[d] + sum over w of weight[d, w] * x[b, d, t - (width - 1) + w])`, with
    `initial_states`, or zeros, before x. With `seq_idx` a tap counts where its position has the number of position
    `t`; a position with a negative number is padding: it is not read, and its output is 0.

    Sums, bias and activation are computed in float32, or in float64 if an array is of it, and rounded once to the
    dtype of `x`. Differentiable in all arrays but `seq_idx`, through the final states too. No output depends on later
    samples, not even by rounding.

    Source: https://github.com/Dao-AILab/causal-conv1d, `causal_conv1d_interface.py` and `csrc/causal_conv1d_fwd.cu`.
    There the width is 2 to 4; `final_states_out`, an array to write into, has no counterpart here.

    Args:
        x: `(batch, dim, seqlen)`, of a floating dtype.
        weight: `(dim, width)`, of any floating dtype.
        bias: `(dim,)`, of any floating dtype.
        seq_idx: `(batch, seqlen)`, signed integers; without `initial_states` and `return_final_states`, as in the
            original. `jconv.packed.conv1d` has states for each segment.
        initial_states: `(batch, dim, width - 1)`, of the dtype of `x`.
        return_final_states: also return the last `width - 1` samples of the states and x, `(batch, dim, width - 1)`.
        activation: None, "silu" or "swish", which is the same.

    Returns:
        `(batch, dim, seqlen)` of the dtype of `x`; or a pair of it and the final states.

    Raises:
        TypeError: a dtype that is not floating, or `initial_states` not of that of `x`.
        ValueError: a wrong shape or activation, or `seq_idx` together with states.

    >>> import jax.numpy as jnp
    >>> x, weight = jnp.array([[[1.0, 2.0, 3.0]]]), jnp.array([[10.0, 1.0]])
    >>> y, state = causal_conv1d(x, weight, return_final_states=True)
    >>> y.tolist(), state.tolist()
    ([[[1.0, 12.0, 23.0]]], [[[3.0]]])
    >>> causal_conv1d(x, weight, seq_idx=jnp.array([[0, 1, 1]])).tolist()
    [[[1.0, 2.0, 23.0]]]
    """
    if activation is not None:
        checks.one_of("activation", activation, ACTIVATIONS)
    x, weight = floating("x", x, 3), floating("weight", weight, 2)
    (batch, dim, length), width = x.shape, weight.shape[1]
    if width == 0:
        raise ValueError(f"`weight` (of shape {weight.shape}) must have a width of at least 1")
    check_shape("weight", weight, (dim, width), "one row for each of the channels of `x`")
    if bias is not None:
        bias = floating("bias", bias, 1)
        check_shape("bias", bias, (dim,), "one entry for each of the channels of `x`")
    if seq_idx is not None and (initial_states is not None or return_final_states):
        raise ValueError("`seq_idx` must be None with `initial_states` or `return_final_states`: see packed.conv1d")
    if initial_states is not None:
        initial_states = floating("initial_states", initial_states, 3)
        check_shape("initial_states", initial_states, (batch, dim, width - 1), "the samples before `x`")
        if initial_states.dtype != x.dtype:
            raise TypeError(f"`initial_states` (of {initial_states.dtype}) must have the dtype of `x` ({x.dtype})")

    if seq_idx is not None:
        seq_idx = checked_ids("seq_idx", seq_idx, (batch, length))
        y, final = depthwise(x, weight, bias, segment_ids=seq_idx), None
    else:
        y, final = depthwise_with_state(x, weight, bias, initial_states)
    y = (y if activation is None else jax.nn.silu(y)).astype(x.dtype)
    return (y, final) if return_final_states else y


def depthwise_with_state(x: Array, weight: Array, bias: Array | None, state: Array | None) -> tuple[Array, Array]:
    """`depthwise` of `x` after `state` `(batch, dim, width - 1)`, zeros if None, and the state after `x`."""
    width = weight.shape[1]
    if state is None:
        state = jnp.zeros_like(x, shape=(*x.shape[:2], width - 1))
    whole = jnp.concatenate([state, x], axis=2)
    return depthwise(whole, weight, bias, padding="valid"), whole[:, :, x.shape[2] :]


def depthwise(
    x: Array, weight: Array, bias: Array | None, *, segment_ids: Any = None, padding: str = "causal"
) -> Array:
    """Each channel of `x` `(batch, dim, length)` with its row of `weight` `(dim, width)`; of at least 32 bits."""
    arrays = (x, weight) if bias is None else (x, weight, bias)
    wide = jnp.float64 if any(a.dtype == jnp.float64 for a in arrays) else jnp.float32
    if x.dtype != weight.dtype:
        x, weight = x.astype(wide), weight.astype(wide)
    options: dict[str, Any] = {"groups": x.shape[1], "layout": "NCL", "method": "direct"}
    options |= {"padding": padding, "preferred_element_type": wide}
    kernel = weight[:, None, :]
    bias = None if bias is None else bias.astype(wide)
    if segment_ids is not None:
        return rows.conv1d(x, kernel, bias, segment_ids=segment_ids, **options)
    return conv1d(x, kernel, bias, **options)


def floating(name: str, value: Any, axes: int) -> Array:
    """Return `value` as an array of real floating dtype and so many axes.

    Raises:
        TypeError, ValueError: it is none.
    """
    array = checked_array(name, value)
    if not jnp.issubdtype(array.dtype, jnp.floating):
        raise TypeError(f"`{name}` (of {array.dtype}) must have a floating dtype")
    if array.ndim != axes:
        raise ValueError(f"`{name}` (of shape {array.shape}) must have {axes} axes")
    return array
