"""Name -> the convolution to fit, its parameters and the function of them apart."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import jconv

from .config import schema


@dataclass(frozen=True)
class Convolution:
    """A convolution and its parameters, apart.

    Attributes:
        params: pytree that optax updates.
        apply: (params, x of (batch, length, in)) -> (batch, length', out).
        arrays: params -> {"kernel": (width, in, out), "bias": (out,)} or without "bias".
    """

    params: Any
    apply: Callable[[Any, jax.Array], jax.Array]
    arrays: Callable[[Any], dict[str, jax.Array]]


def module(config: schema.Model, in_features: int, out_features: int, seed: int) -> Convolution:
    """`jconv.nnx.Conv1D`, taken apart into graph and state."""
    from flax import nnx

    from jconv.nnx import Conv1D

    conv = Conv1D(
        in_features,
        out_features,
        config.kernel_size,
        padding=config.padding.upper(),
        kernel_dilation=config.dilation,
        use_bias=config.use_bias,
        method=config.method,
        rngs=nnx.Rngs(seed),
    )
    graph, state, rest = nnx.split(conv, nnx.Param, ...)

    def arrays(state: Any) -> dict[str, jax.Array]:
        return {name: array for name, array in nnx.to_pure_dict(state).items() if array is not None}

    return Convolution(state, lambda state, x: nnx.merge(graph, state, rest)(x), arrays)


def function(config: schema.Model, in_features: int, out_features: int, seed: int) -> Convolution:
    """`jconv.conv1d` on a dict of arrays, begun as the module is (LeCun normal kernel, zero bias)."""
    init = jax.nn.initializers.lecun_normal(in_axis=(0, 1))
    params = {"kernel": init(jax.random.key(seed), (config.kernel_size, in_features, out_features), jnp.float32)}
    if config.use_bias:
        params["bias"] = jnp.zeros((out_features,), jnp.float32)

    def apply(params: dict[str, jax.Array], x: jax.Array) -> jax.Array:
        return jconv.conv1d(
            x,
            params["kernel"],
            params.get("bias"),
            padding=config.padding,
            dilation=config.dilation,
            method=config.method,
        )

    return Convolution(params, apply, dict)


MODELS = {"module": module, "function": function}


def as_numpy(arrays: dict[str, jax.Array]) -> dict[str, np.ndarray]:
    """Copies on the host."""
    return {name: np.asarray(array) for name, array in arrays.items()}
