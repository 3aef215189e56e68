"""A computation that XLA compiles by itself, where fused with what reads it both would be slow."""

from collections.abc import Callable

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
    taken = lax.optimization_barrier(jnp.array(True))
    return lax.cond(taken, function, lambda *operands: jnp.zeros_like(function(*operands)), *operands)
