"""Streams by way of `conv1d` and `conv_transpose1d`: past inputs are kept, and each output is computed in one piece.

Past inputs and not partial sums, so that an output is summed as in the whole signal. Before the signal they are zeros,
which is its padding.
"""

import jax.numpy as jnp
from jax import Array

from jconv.conv import conv1d, conv_transpose1d
from jconv.methods.arrays import shifted
from jconv.streaming.schedule import Schedule
from jconv.window import span


def begin(batch_shape: tuple[int, ...], channels: int, dtype: jnp.dtype, schedule: Schedule) -> Array:
    """The inputs before the first: zeros of `(*batch, history, channels)`."""
    return jnp.zeros((*batch_shape, schedule.history, channels), dtype)


def joined(past: Array, chunk: Array) -> Array:
    """Past inputs and new ones."""
    return jnp.concatenate([past, chunk], axis=-2) if chunk.shape[-2] else past


def kept(known: Array, schedule: Schedule) -> Array:
    """What of all known inputs outputs to come may read."""
    return known[..., known.shape[-2] - schedule.history :, :]


def forward(known: Array, kernel: Array, bias: Array | None, offset: int, count: int, stream) -> Array:
    """The `count` outputs that are due from slot `offset` on; the window of slot `i` begins at known input `i`."""
    if offset < 0:  # windows over nothing but padding in front
        known, offset = shifted(known, -offset, known.shape[-2] - offset, axis=known.ndim - 2), 0
    reach = (count - 1) * stream.stride + span(stream.kernel_size, stream.dilation)
    if (offset, reach) != (0, known.shape[-2]):
        known = known[..., offset : offset + reach, :]
    settings = {"dilation": stream.dilation, "groups": stream.groups, "method": stream.method}
    return conv1d(known, kernel, bias, stride=stream.stride, **settings)


def transposed(known: Array, kernel: Array, bias: Array | None, offset: int, count: int, stream) -> Array:
    """The `count` results that are due from slot `offset` on; known input `i` is sent to slots from `i*stride` on."""
    schedule, length = stream.schedule, known.shape[-2]
    low = schedule.history * stream.stride - schedule.hold + offset
    high = (length - 1) * stream.stride + span(stream.kernel_size, stream.dilation) - low - count
    settings = {"dilation": stream.dilation, "groups": stream.groups, "method": stream.method}
    return conv_transpose1d(known, kernel, bias, stride=stream.stride, padding=(low, high), **settings)
