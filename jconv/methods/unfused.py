"""A computation that XLA compiles by itself, where fused with what reads it both would be slow."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array, lax


def unfused(platform: str, function: Callable[..., Array], *operands: Array) -> Array:
    """`function(*operands)`, on a CPU kept apart from what comes before and after it.

    XLA fuses elementwise work, padding and transposes into whatever reads them, though it be read many times over or
    a loop be too long for the registers, and drops an `optimization_barrier` before it does. A branch that it cannot
    decide stays by itself; the other one never runs, and only gives zeros of the same type, what varies in shard_map
    included.
    """
    if platform != "cpu":
        return function(*operands)
    like = jax.eval_shape(function, *operands)
    shapes = [a.shape for a in operands]

    def lean(*operands: Array) -> Array:
        return _lean(function(*(a.reshape(shape) for a, shape in zip(operands, shapes, strict=True))))

    taken = lax.optimization_barrier(jnp.array(True))
    operands = tuple(_lean(a) for a in operands)
    result = lax.cond(taken, lean, lambda *operands: jnp.zeros_like(lean(*operands)), *operands)
    return result.reshape(like.shape)


def _lean(a: Array) -> Array:
    """Without axes of length 1: XLA may order them anew in a branch, for which it makes a copy."""
    return a.reshape([size for size in a.shape if size != 1])
