"""A convolution in which a tap counts only where it lies in the segment of its output."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax

from jconv.conv import conv1d
from jconv.packed.segments import NONE
from jconv.window import Window


def masked_taps(
    x: Array,
    kernel: Array,
    ids: Array,
    output_ids: Array,
    *,
    window: Window,
    groups: int,
    precision: Any,
    dtype: Any,
) -> Array:
    """Sum over taps, each a convolution of width one of what it reads, zero where that is of another segment.

    A loop over taps, each computed again for the gradient, holds a few copies of `x` however many taps there are: for
    64 depthwise taps 4 copies in place of the 65 of a sum that is written out, and on a CPU value and gradient took a
    third of the time.

    Args:
        x: `(batch, length, in)`, finite in all positions that no segment has.
        kernel: `(width, in/groups, out)`.
        ids: `(batch, length)`, the segment of each position.
        output_ids: `(batch, output_length)`, that of each output, NONE where it is of none.
        window: where the taps lie.
        groups: as in `conv1d`.
        precision: as in `conv1d`.
        dtype: of the sums and the result `(batch, output_length, out)`; gradients for x are added in it too.
    """
    around = (window.low, window.high, 0)
    padded = lax.pad(x.astype(dtype), jnp.zeros((), dtype), [(0, 0, 0), around, (0, 0, 0)])
    padded_ids = lax.pad(ids, jnp.array(NONE, ids.dtype), [(0, 0, 0), around])

    def read(a: Array, tap: Array) -> Array:
        reach = (window.output_length - 1) * window.stride + 1
        whole = lax.dynamic_slice_in_dim(a, tap * window.dilation, reach, axis=1)
        return lax.slice_in_dim(whole, 0, reach, window.stride, axis=1)

    @partial(jax.checkpoint, prevent_cse=False)
    def term(padded: Array, kernel_of_tap: Array, tap: Array) -> Array:
        own = (read(padded_ids, tap) == output_ids)[..., None]
        seen = jnp.where(own, read(padded, tap), 0)
        if kernel.shape[1] == 1 and kernel.shape[2] == groups:  # one multiplication, fused: two thirds of the memory
            return seen * kernel_of_tap[None].astype(dtype)
        return conv1d(
            seen.astype(x.dtype),
            kernel_of_tap[None],
            groups=groups,
            method="direct",
            precision=precision,
            preferred_element_type=dtype,
        )

    def add(total: Array, tap: tuple[Array, Array]) -> tuple[Array, None]:
        return total + term(padded, *tap), None

    taps = jnp.arange(window.kernel_size, dtype=jnp.int32)
    first = jnp.zeros_like(term(padded, kernel[0], taps[0]))  # inside shard_map it varies as the terms do
    return lax.scan(add, first, (kernel, taps))[0]
