"""ONNX's operator CausalConvWithState (opset 27) as a function."""

import jax
from jax import Array
from jax.typing import ArrayLike

from jconv import checks
from jconv.packed.causal import depthwise_with_state, floating
from jconv.packed.segments import check_shape

ACTIVATIONS = ("none", "silu", "swish")


def causal_conv_with_state(
    input: ArrayLike,
    weight: ArrayLike,
    bias: ArrayLike | None = None,
    past_state: ArrayLike | None = None,
    activation: str = "none",
) -> tuple[Array, Array]:
    """The operator CausalConvWithState of ONNX, opset 27: a causal depthwise convolution, and the state after it.

    `past_state`, or zeros, is put before `input`; the result is convolved, without padding, each channel with its
    kernel, which is not flipped; its last `k - 1` positions are `present_state`. The convolution with its bias is
    rounded once to the dtype T of all arrays; an activation is computed from that in float32 and rounded again.

    Source: https://onnx.ai/onnx/operators/onnx__CausalConvWithState.html. T is float32, float16 or bfloat16 there, and
    may be float64 here. There the states are not differentiable; here gradients pass through them.

    Args:
        input: `(batch_size, channels, length)`.
        weight: `(channels, 1, k)`.
        bias: `(channels,)`.
        past_state: `(batch_size, channels, k - 1)`.
        activation: "none", "silu" or "swish", which is the same.

    Returns:
        `(output, present_state)`, of the shapes of `input` and `past_state`.

    Raises:
        TypeError: a dtype that is not floating, or not that of `input`.
        ValueError: a wrong shape or activation.

    >>> import jax.numpy as jnp
    >>> output, state = causal_conv_with_state(jnp.array([[[1.0, 2.0]]]), jnp.array([[[100.0, 10.0, 1.0]]]))
    >>> output.tolist(), state.tolist()
    ([[[1.0, 12.0]]], [[[1.0, 2.0]]])
    >>> output, _ = causal_conv_with_state(jnp.array([[[3.0]]]), jnp.array([[[100.0, 10.0, 1.0]]]), None, state)
    >>> output.tolist()
    [[[123.0]]]
    """
    activation = checks.one_of("activation", activation, ACTIVATIONS)
    x, weight = floating("input", input, 3), floating("weight", weight, 3)
    batch, channels, _ = x.shape
    shapes = {
        "weight": (channels, 1, weight.shape[2]),
        "bias": (channels,),
        "past_state": (batch, channels, weight.shape[2] - 1),
    }
    given = {"weight": weight}
    if bias is not None:
        given["bias"] = floating("bias", bias, 1)
    if past_state is not None:
        given["past_state"] = floating("past_state", past_state, 3)
    for name, array in given.items():
        check_shape(name, array, shapes[name], f"with `input` of shape {x.shape}")
        if array.dtype != x.dtype:
            raise TypeError(f"`{name}` (of {array.dtype}) must have the dtype of `input` ({x.dtype})")
    y, present_state = depthwise_with_state(x, weight[:, 0], given.get("bias"), given.get("past_state"))
    output = y.astype(x.dtype)
    if activation != "none":
        output = jax.nn.silu(output.astype(y.dtype)).astype(x.dtype)
    return output, present_state
