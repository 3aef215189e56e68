"""Padding, cropping and reading along the time axis (axis 2), each with its transpose; used by every method."""

import jax.numpy as jnp
from jax import Array, lax

from jconv.window import Window

UNROLLED_TAPS = 16  # beyond this a loop runs over the taps: XLA compiles long unrolled sums slowly


def shifted(a: Array, low: int, length: int, axis: int = 2) -> Array:
    """`length` positions of `a` along `axis`, beginning `low` before its first; zero where `a` has none.

    The one place where an array is padded or cropped: `shifted(x, low, extent)` is the padded input, and
    `shifted(padded, -low, input_length)` its transpose.
    """
    start = min(max(-low, 0), a.shape[axis])  # of what is kept of `a`, which may be nothing
    stop = min(max(length - low, start), a.shape[axis])
    before = min(max(start + low, 0), length)
    after = length - before - (stop - start)
    if (start, stop) != (0, a.shape[axis]):
        a = lax.slice_in_dim(a, start, stop, axis=axis)
    return _padded(a, before, after, axis=axis) if before or after else a


def padded_input(x: Array, window: Window) -> Array:
    """`x` over exactly the positions that the windows read."""
    return shifted(x, window.low, window.extent)


def unpadded_input(padded: Array, window: Window) -> Array:
    """The transpose of `padded_input`."""
    return shifted(padded, -window.low, window.input_length)


def tap(padded: Array, start: int | Array, window: Window) -> Array:
    """What the tap `start` positions into the window reads, for every output position; `start` may be traced."""
    reach = (window.output_length - 1) * window.stride + 1
    read = lax.dynamic_slice_in_dim(padded, start, reach, axis=2)
    return lax.slice_in_dim(read, 0, reach, window.stride, axis=2)


def untap(sent: Array, start: int | Array, window: Window) -> Array:
    """The transpose of `tap`: positions `start, start + stride, ...` of the extent hold `sent`, all others zero."""
    reach = (window.output_length - 1) * window.stride + 1
    if isinstance(start, int):
        return _padded(sent, start, window.extent - reach - start, window.stride - 1)
    zeros = jnp.zeros((*sent.shape[:2], window.extent, *sent.shape[3:]), sent.dtype)
    return lax.dynamic_update_slice_in_dim(zeros, _padded(sent, 0, 0, window.stride - 1), start, axis=2)


def dilated(a: Array, factor: int, axis: int) -> Array:
    """`a` with `factor - 1` zeros between its entries along `axis`."""
    return a if factor == 1 else _padded(a, 0, 0, factor - 1, axis)


def _padded(a: Array, low: int, high: int, interior: int = 0, axis: int = 2) -> Array:
    widths = [(0, 0, 0)] * a.ndim
    widths[axis] = (low, high, interior)
    return lax.pad(a, jnp.zeros((), a.dtype), widths)
