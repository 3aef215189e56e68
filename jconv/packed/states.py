"""What a causal convolution carries from one row into the next: the last `span - 1` samples of each segment.

A segment with a state is the state followed by its samples. Arrays here are `(batch, segments, span - 1, channels)`.
"""

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
from jax import Array

from jconv.conv import conv1d
from jconv.window import Window


@dataclass(frozen=True)
class Places:
    """Where the segments 0, 1, ... of each row lie; entries are `(batch, segments)`."""

    starts: Array
    counts: Array  # positions from the first to the last; 0 where a row does not have the segment


def places(ids: Array, segments: int) -> Places:
    """Find the segments 0 to `segments - 1` in `ids` `(batch, length)`."""
    length = ids.shape[1]
    position = jnp.arange(length, dtype=jnp.int32)[None, None]
    own = ids[:, None] == jnp.arange(segments, dtype=ids.dtype)[None, :, None]  # (batch, segments, length), fused
    starts = jnp.min(jnp.where(own, position, length), axis=2)
    ends = jnp.max(jnp.where(own, position + 1, 0), axis=2)
    return Places(starts, jnp.maximum(ends - starts, 0))


def added_by_states(
    states: Array, kernel: Array, output_ids: Array, at: Places, window: Window, groups: int, precision: Any, dtype: Any
) -> Array:
    """What the states add to each output, `(batch, output_length, out)` of `dtype`: to the first ones of a segment.

    One convolution of the states with zeros after them, of which each output takes its position.
    """
    batch, segments, halo, channels = states.shape
    if halo == 0:
        return jnp.zeros((batch, window.output_length, kernel.shape[2]), dtype)
    states = jnp.where((at.counts > 0)[..., None, None], states, 0)
    response = conv1d(
        states.reshape(batch * segments, halo, channels),
        kernel,
        padding=(0, halo),
        dilation=window.dilation,
        groups=groups,
        method="direct",
        precision=precision,
        preferred_element_type=dtype,
    ).reshape(batch, segments * halo, kernel.shape[2])
    known = (output_ids >= 0) & (output_ids < segments)
    segment = jnp.where(known, output_ids, 0).astype(jnp.int32)
    position = jnp.arange(window.output_length, dtype=jnp.int32)[None] * window.stride
    since = position - jnp.take_along_axis(at.starts, segment, axis=1, mode="clip")
    reached = (known & (since < halo))[..., None]
    entry = jnp.where(reached, (segment * halo + since)[..., None], 0)
    return jnp.where(reached, jnp.take_along_axis(response, entry, axis=1, mode="clip"), 0)


def final_states(x: Array, ids: Array, states: Array | None, at: Places, halo: int) -> Array:
    """The last `halo` samples of each segment, preceded by `states`, or by zeros where there are none.

    `x` is `(batch, length, channels)`, zero where a position is masked.
    """
    batch, segments = at.starts.shape
    place = at.counts[..., None] + jnp.arange(halo, dtype=jnp.int32)[None, None]  # in the segment after its state
    sampled = place >= halo
    position = jnp.where(sampled, at.starts[..., None] + place - halo, 0).reshape(batch, segments * halo)
    own = jnp.take_along_axis(ids, position, axis=1, mode="clip").reshape(place.shape)
    own = own == jnp.arange(segments, dtype=ids.dtype)[None, :, None]
    samples = jnp.take_along_axis(x, position[..., None], axis=1, mode="clip").reshape(*place.shape, x.shape[2])
    samples = jnp.where((sampled & own)[..., None], samples, 0)
    if states is None:
        return samples
    before = jnp.take_along_axis(states, jnp.minimum(place, max(halo - 1, 0))[..., None], axis=2, mode="clip")
    return jnp.where(sampled[..., None], samples, before)
