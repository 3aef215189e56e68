"""One convolution with every weight free, as a module or as a function."""

from typing import Any

import jax
import jax.numpy as jnp

import jconv

from ..config import schema
from .convolution import Convolution


def conv(config: schema.Conv, in_features: int, out_features: int) -> Convolution:
    """What `config.api` asks for."""
    return {"module": module, "function": function}[config.api](config, in_features, out_features)


def padding(config: schema.Model) -> Any:
    """As `jconv.conv1d` takes it."""
    return tuple(config.padding) if isinstance(config.padding, list) else config.padding


def module(config: schema.Conv, in_features: int, out_features: int) -> Convolution:
    """`jconv.nnx.Conv1D`, taken apart into graph and state."""
    from flax import nnx

    from jconv.nnx import Conv1D

    word = padding(config) if config.padding_mode == "zeros" else config.padding_mode

    def build(key: jax.Array) -> Conv1D:
        return Conv1D(
            in_features,
            out_features,
            config.kernel_size,
            config.stride,
            padding=word.upper() if isinstance(word, str) else word,
            kernel_dilation=config.dilation,
            feature_group_count=config.groups,
            use_bias=config.use_bias,
            method=config.method,
            rngs=nnx.Rngs(key),
        )

    graph, _, rest = nnx.split(nnx.eval_shape(build, jax.random.key(0)), nnx.Param, ...)

    def arrays(state: Any) -> dict[str, jax.Array]:
        return {name: array for name, array in nnx.to_pure_dict(state).items() if array is not None}

    return Convolution(
        init=lambda key: nnx.state(build(key), nnx.Param),
        apply=lambda state, x: nnx.merge(graph, state, rest)(x),
        arrays=arrays,
    )


def function(config: schema.Conv, in_features: int, out_features: int) -> Convolution:
    """`jconv.conv1d` on a dict of arrays, begun as the module is (LeCun normal kernel, zero bias)."""
    shape = (config.kernel_size, in_features // config.groups, out_features)

    def init(key: jax.Array) -> dict[str, jax.Array]:
        params = {"kernel": jax.nn.initializers.lecun_normal(in_axis=(0, 1))(key, shape, jnp.float32)}
        if config.use_bias:
            params["bias"] = jnp.zeros((out_features,), jnp.float32)
        return params

    def apply(params: dict[str, jax.Array], x: jax.Array) -> jax.Array:
        return jconv.conv1d(
            x,
            params["kernel"],
            params.get("bias"),
            stride=config.stride,
            padding=padding(config),
            padding_mode=config.padding_mode,
            dilation=config.dilation,
            groups=config.groups,
            method=config.method,
        )

    return Convolution(init, apply, dict)
