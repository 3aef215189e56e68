"""Padding, cropping, reading and adding back along the time axis (axis 2), and groups brought to the front."""

from collections.abc import Callable

import jax.numpy as jnp
from jax import Array, lax

from jconv.window import Window

UNROLLED = 32  # beyond so many terms a loop runs over them: XLA compiles long unrolled sums slowly


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


def windows(padded: Array, window: Window) -> Array:
    """(..., batch, extent, channels) -> (..., batch, output length, taps, channels): what each window reads.

    Windows without dilation are cut from the signal folded into rows of `stride` positions, so that few and long
    slices are joined; where even these are many, windows are gathered.
    """
    taps, stride = window.kernel_size, window.stride
    if window.dilation == 1 and 1 < stride <= taps and -(-taps // stride) <= UNROLLED:
        rows = -(-taps // stride)
        whole = (window.output_length + rows - 1) * stride
        folded = shifted(padded, 0, whole).reshape(*padded.shape[:2], whole // stride, stride, padded.shape[3])
        joined = [folded[:, :, row : row + window.output_length] for row in range(rows)]
        return jnp.concatenate(joined, axis=3)[:, :, :, :taps]
    if taps <= UNROLLED:
        return jnp.stack([tap(padded, j * window.dilation, window) for j in range(taps)], axis=3)
    starts = lax.iota(jnp.int32, window.output_length) * stride
    offsets = lax.iota(jnp.int32, taps) * window.dilation
    return padded[:, :, starts[:, None] + offsets[None, :]]


def overlap_add(term: Callable[[int | Array], Array], window: Window, zeros: Array) -> Array:
    """The transpose of `windows`: `term(j)` is added at positions `j*dilation, j*dilation + stride, ...` of the extent.

    Position `q*stride + r` is kept as row `q`, phase `r`, so that each term goes to one phase, contiguously. `zeros`
    gives shape and dtype of one position: (..., batch, 1, channels).
    """
    stride, length = window.stride, window.output_length
    rows = -(-window.extent // stride)

    if window.kernel_size <= UNROLLED:
        phases = []
        for phase in range(stride):
            total = None
            for j in range(window.kernel_size):
                row, remainder = divmod(j * window.dilation, stride)
                if remainder == phase:
                    placed = shifted(term(j), row, rows)
                    total = placed if total is None else total + placed
            phases.append(
                jnp.zeros((*zeros.shape[:2], rows, *zeros.shape[3:]), zeros.dtype) if total is None else total
            )
        out = phases[0] if stride == 1 else jnp.stack(phases, axis=3)
    else:

        def add(j: Array, out: Array) -> Array:
            row, phase = j * window.dilation // stride, j * window.dilation % stride
            at = (0, 0, row, phase) + (0,) * (out.ndim - 4)
            new = term(j)[:, :, :, None]
            old = lax.dynamic_slice(out, at, new.shape)
            return lax.dynamic_update_slice(out, old + new, at)

        out = jnp.zeros((*zeros.shape[:2], rows, stride, *zeros.shape[3:]), zeros.dtype)
        out = lax.fori_loop(0, window.kernel_size, add, out)
    out = out.reshape(*zeros.shape[:2], rows * stride, *zeros.shape[3:])
    return lax.slice_in_dim(out, 0, window.extent, axis=2)


def dilated(a: Array, factor: int, axis: int) -> Array:
    """`a` with `factor - 1` zeros between its entries along `axis`."""
    return a if factor == 1 else _padded(a, 0, 0, factor - 1, axis)


def _padded(a: Array, low: int, high: int, interior: int = 0, axis: int = 2) -> Array:
    widths = [(0, 0, 0)] * a.ndim
    widths[axis] = (low, high, interior)
    return lax.pad(a, jnp.zeros((), a.dtype), widths)


def groups_first(a: Array) -> Array:
    """(problems, batch or taps, time or inputs, groups, channels) -> (problems * groups, ..., ..., channels)."""
    a = jnp.moveaxis(a, 3, 1)
    return a.reshape(a.shape[0] * a.shape[1], *a.shape[2:])


def groups_last(a: Array, groups: int) -> Array:
    """The inverse of `groups_first`."""
    return jnp.moveaxis(a.reshape(a.shape[0] // groups, groups, *a.shape[1:]), 1, 3)
