"""What every model is to the training: parameters, what is done with them, and the kernel that they come to."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax


@dataclass(frozen=True)
class Convolution:
    """A convolution to fit; three pure functions that can be traced.

    Attributes:
        init: key, as of `jax.random.key(seed)` -> parameters, a pytree that optax updates; may be mapped over keys.
        apply: (parameters, x of (batch, length, in)) -> (batch, length', out).
        arrays: parameters -> "kernel", the effective one, (width, in/groups, out), "bias" (out,) if there is one, and
            what else the model has, by name.
    """

    init: Callable[[jax.Array], Any]
    apply: Callable[[Any, jax.Array], jax.Array]
    arrays: Callable[[Any], dict[str, jax.Array]]
