"""Several linear convolutions one after the other, which are one."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

import jconv

from ..config import schema
from .convolution import Convolution


def linear_stack(config: schema.LinearStack, in_features: int, out_features: int) -> Convolution:
    """The layers as a list of kernels; a bias behind the last."""
    channels = [in_features, *[config.channels] * (len(config.layers) - 1), out_features]
    shapes = [(layer[0], *sides) for layer, *sides in zip(config.layers, channels, channels[1:], strict=False)]

    def init(key: jax.Array) -> dict[str, Any]:
        draw = jax.nn.initializers.lecun_normal(in_axis=(0, 1))
        keys = jax.random.split(key, len(shapes))
        params: dict[str, Any] = {"kernels": [draw(*pair, jnp.float32) for pair in zip(keys, shapes, strict=True)]}
        if config.use_bias:
            params["bias"] = jnp.zeros((out_features,), jnp.float32)
        return params

    def apply(params: dict[str, Any], x: jax.Array) -> jax.Array:
        for kernel, (_, stride, dilation) in zip(params["kernels"], config.layers, strict=True):
            x = jconv.conv1d(x, kernel, stride=stride, dilation=dilation, padding=config.padding, method=config.method)
        return x + params["bias"] if config.use_bias else x

    def arrays(params: dict[str, Any]) -> dict[str, jax.Array]:
        strides, dilations = ([layer[place] for layer in config.layers] for place in (1, 2))
        found = {"kernel": composed(params["kernels"], strides, dilations)}
        if config.use_bias:
            found["bias"] = params["bias"]
        return found | {f"layer_{number}": kernel for number, kernel in enumerate(params["kernels"])}

    return Convolution(init, apply, arrays)


def composed(kernels: Sequence[jax.Array], strides: Sequence[int], dilations: Sequence[int]) -> jax.Array:
    """The one kernel (width, in, out) that kernels one after the other are, first layer first.

    A tap of a later layer is a shift, by its dilation and all strides before it: so its kernel is convolved with what
    there is, each tap as far from the next as that shift.
    """
    whole, step = spread(kernels[0], dilations[0]), strides[0]
    for kernel, stride, dilation in zip(kernels[1:], strides[1:], dilations[1:], strict=True):
        reach = (len(kernel) - 1) * dilation * step
        rows = whole.transpose(1, 0, 2)  # (in, width, channels between): a signal for each input
        turned = jconv.conv1d(rows, kernel[::-1], padding=(reach, reach), dilation=dilation * step, method="direct")
        whole, step = turned.transpose(1, 0, 2), step * stride
    return whole


def spread(kernel: jax.Array, dilation: int) -> jax.Array:
    """The kernel with the zeros that its dilation puts between the taps."""
    taps = jnp.zeros(((len(kernel) - 1) * dilation + 1, *kernel.shape[1:]), kernel.dtype)
    return taps.at[::dilation].set(kernel)
