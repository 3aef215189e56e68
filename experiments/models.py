"""Name -> the convolution to fit, its parameters and the function of them apart."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

import jconv

from .config import schema


@dataclass(frozen=True)
class Convolution:
    """A convolution and its parameters, apart.

    Attributes:
        init: key -> params, a pytree that optax updates; it can be traced, so that members are drawn side by side.
        apply: (params, x of (batch, length, in)) -> (batch, length', out).
        arrays: params -> {"kernel": (width, in, out), "bias": (out,)} or without "bias".
    """

    init: Callable[[jax.Array], Any]
    apply: Callable[[Any, jax.Array], jax.Array]
    arrays: Callable[[Any], dict[str, jax.Array]]


def module(config: schema.Model, in_features: int, out_features: int) -> Convolution:
    """`jconv.nnx.Conv1D`, taken apart into graph and state."""
    from flax import nnx

    from jconv.nnx import Conv1D

    def begun(key: jax.Array) -> Conv1D:
        return Conv1D(
            in_features,
            out_features,
            config.kernel_size,
            padding=config.padding.upper(),
            kernel_dilation=config.dilation,
            use_bias=config.use_bias,
            method=config.method,
            rngs=nnx.Rngs(key),
        )

    graph, _, rest = nnx.split(begun(jax.random.key(0)), nnx.Param, ...)

    def arrays(state: Any) -> dict[str, jax.Array]:
        return {name: array for name, array in nnx.to_pure_dict(state).items() if array is not None}

    def apply(state: Any, x: jax.Array) -> jax.Array:
        return nnx.merge(graph, state, rest)(x)

    return Convolution(lambda key: nnx.state(begun(key), nnx.Param), apply, arrays)


def function(config: schema.Model, in_features: int, out_features: int) -> Convolution:
    """`jconv.conv1d` on a dict of arrays, begun as the module is (LeCun normal kernel, zero bias)."""
    init = jax.nn.initializers.lecun_normal(in_axis=(0, 1))

    def begun(key: jax.Array) -> dict[str, jax.Array]:
        params = {"kernel": init(key, (config.kernel_size, in_features, out_features), jnp.float32)}
        return {**params, "bias": jnp.zeros((out_features,), jnp.float32)} if config.use_bias else params

    def apply(params: dict[str, jax.Array], x: jax.Array) -> jax.Array:
        return jconv.conv1d(
            x,
            params["kernel"],
            params.get("bias"),
            padding=config.padding,
            dilation=config.dilation,
            method=config.method,
        )

    return Convolution(begun, apply, dict)


MODELS = {"module": module, "function": function}
