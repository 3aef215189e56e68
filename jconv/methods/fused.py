"""Sums over few channels, written as the elementwise loops that XLA fuses and vectorises."""

import math
from collections.abc import Callable
from dataclasses import replace

import jax.numpy as jnp
from jax import Array, lax

from jconv.methods.arrays import (
    UNROLLED,
    dilated,
    interleaved,
    mirrored_kernel,
    overlap_add,
    padded_input,
    shifted,
    sum_of_terms,
    tap,
    tap_of,
    unpadded_input,
)
from jconv.methods.problem import Face, Problem

FEW = 4  # channels that are summed by unrolling, whatever is on the other side
NARROW = 16  # and this many where both sides of a group have no more: a matrix product has nothing to reuse there
VECTOR = 8  # entries that XLA's loops work on at once
SHIFTED_TAPS = 8  # of the input face that are padded and added in one fused loop
MOSTLY = 0.5  # of the positions read no padding: else it is not worth setting the others apart
ROWS_OF_GROUPS = 32  # positions that an iteration of the kernel face of groups adds
TAPS_A_PASS = 8  # of the kernel face's loop
FEWEST_ROWS, MOST_ROWS, ENTRIES = 4, 16, 6144  # of that loop's body; with fewer rows older XLA does not vectorise it


def suits(face: Face, problem: Problem) -> bool:
    """Whether a face sums over so few channels that elementwise loops beat matrix products."""
    summed = {"output": problem.inputs, "input": problem.outputs, "kernel": max(problem.inputs, problem.outputs)}
    return summed[face] <= FEW or has_narrow_groups(problem)


def has_narrow_groups(problem: Problem) -> bool:
    """Whether there are many kernels, each of few channels on both sides."""
    return problem.groups * problem.problems > 1 and max(problem.inputs, problem.outputs) <= NARROW


def output(x: Array, k: Array, problem: Problem) -> Array:
    """`y = sum over taps j and inputs c of slice_j(x)[..., c] * k[j, c]`.

    In one fused loop the positions that read padding are summed by themselves, so that the many others need no padded
    copy of `x`; a loop over taps reads `x` many times and is better off with the copy.
    """
    x = lax.optimization_barrier(x)  # else XLA may compute it anew for each tap that reads it
    window, stride = problem.window, problem.window.stride
    before = min(-(-max(window.low, 0) // stride), window.output_length)  # the first window that reads no padding
    after = min((window.input_length + window.low - window.span) // stride + 1, window.output_length)
    looped = window.kernel_size > most_taps(problem.inputs, problem.outputs)
    if looped or after - before < MOSTLY * window.output_length:
        return _some_positions(x, k, problem, 0, window.output_length)
    pieces = ((0, before), (before, after), (after, window.output_length))
    return jnp.concatenate([_some_positions(x, k, problem, *piece) for piece in pieces if piece[0] < piece[1]], axis=2)


def most_taps(summed: int, inner: int) -> int:
    """Taps in one fused loop at the most, of so many summed channels, the innermost loop being over `inner` others.

    More products than these run out of registers; where the innermost loop is a single vector, they may be read again.
    """
    if summed == 1:
        return 24
    return max(1, (96 if inner <= VECTOR else 32) // summed)


def taps_at_once(summed: int, inner: int) -> int:
    """Beyond, taps in each iteration of a loop over them."""
    if summed == 1:
        return 4
    return max(1, (48 if inner <= VECTOR else 16) // summed)


def _some_positions(x: Array, k: Array, problem: Problem, first: int, last: int) -> Array:
    """Output positions `first` to `last`."""
    window = replace(problem.window, output_length=last - first)
    seen = shifted(x, window.low - first * window.stride, window.extent)
    return _weighted_sum(lambda j: tap(seen, j * window.dilation, window), k, window.kernel_size, problem)


def input_face(y: Array, k: Array, problem: Problem) -> Array:
    """The same with the taps counted backwards, one phase of the stride at a time (polyphase)."""
    y = lax.optimization_barrier(y)
    window = problem.window
    stride, transposed = window.stride, jnp.swapaxes(k, 2, 4)
    if window.kernel_size <= SHIFTED_TAPS and problem.outputs <= FEW:  # one loop: their padding is fused as well
        padded = overlap_add(lambda j: _weighted(y, transposed, j, problem), window)
        return unpadded_input(padded, window)
    if stride == 1 or window.kernel_size > UNROLLED:
        return output(dilated(y, stride, axis=2), mirrored_kernel(k), problem.mirrored())
    rows = -(-window.extent // stride)
    most = (window.kernel_size - 1) * window.dilation // stride  # rows that the last tap is late
    padded = shifted(y, most, rows + most)
    phases = []
    for phase in range(stride):
        taps = [j for j in range(window.kernel_size) if j * window.dilation % stride == phase]
        if not taps:
            phases.append(jnp.zeros((*y.shape[:2], rows, *problem.x_shape[3:]), problem.accumulate))
            continue
        first, step = taps[0], (taps[1] - taps[0] if len(taps) > 1 else 1)

        def read(i: int | Array, first: int = first, step: int = step) -> Array:
            late = (first + i * step) * window.dilation // stride
            return lax.dynamic_slice_in_dim(padded, most - late, rows, axis=2)

        kernels = lax.slice_in_dim(transposed, first, taps[-1] + 1, step, axis=1)
        phases.append(_weighted_sum(read, kernels, len(taps), problem))
    return unpadded_input(interleaved(phases, window.extent), window)


def kernel_face(x: Array, y: Array, problem: Problem) -> Array:
    """A loop over positions adds every tap's products to the whole kernel at once.

    One pass over `x` and `y`, and no reduction for XLA to order badly: 9 times faster than a sum for each tap of a
    depthwise kernel of 4 taps.
    """
    window = problem.window
    padded = padded_input(x, window)
    if problem.inputs * problem.outputs > 1 and has_narrow_groups(problem):
        return _kernel_of_groups(padded, y, problem)
    signals, cotangents = (a.reshape(*a.shape[:3], a.shape[3] * a.shape[4]) for a in (padded, y))
    if problem.problems == 1:
        k = _kernel_of_one(signals[0], cotangents[0], problem)[None]
    else:
        k = lax.map(lambda pair: _kernel_of_one(pair[0], pair[1], problem), (signals, cotangents))
    k = k.reshape(*k.shape[:2], problem.groups, problem.inputs, problem.outputs)
    return jnp.swapaxes(k, 2, 3)


def rows_at_once(lanes: int) -> int:
    """Positions that one iteration of the kernel face's loop adds, each of so many entries."""
    return min(max(ENTRIES // lanes, FEWEST_ROWS), MOST_ROWS)


def _kernel_of_one(signal: Array, cotangent: Array, problem: Problem) -> Array:
    """(batch, extent, groups * inputs), (batch, positions, groups * outputs) -> (taps, groups * inputs * outputs).

    One long last axis, and batch an axis of its own: of the forms tried, older XLA vectorises this one alone.
    """
    window, length = problem.window, problem.window.output_length
    channels = (problem.groups, problem.inputs, problem.outputs)
    taps, rows = min(window.kernel_size, TAPS_A_PASS), min(rows_at_once(math.prod(channels)), length)

    def pairs(row: Array, *shape: int) -> Array:
        spread = jnp.broadcast_to(row.reshape(shape), channels)
        return spread.reshape(math.prod(channels)).astype(problem.accumulate)

    def some_taps(first: int | Array, count: int) -> Array:
        def add(n: int | Array, t: int | Array, rows: int, total: Array) -> Array:
            reach = (rows - 1) * window.stride + (count - 1) * window.dilation + 1
            start = t * window.stride + first * window.dilation
            read = lax.dynamic_slice(signal, (n, start, 0), (1, reach, signal.shape[2]))[0]
            sent = lax.dynamic_slice(cotangent, (n, t, 0), (1, rows, cotangent.shape[2]))[0]

            def product(j: int, row: int) -> Array:
                seen = pairs(read[row * window.stride + j * window.dilation], problem.groups, problem.inputs, 1)
                return seen * pairs(sent[row], problem.groups, 1, problem.outputs)

            terms = [sum((product(j, row) for row in range(1, rows)), start=product(j, 0)) for j in range(count)]
            return total + jnp.stack(terms)

        whole = length // rows
        total = lax.fori_loop(
            0,
            problem.batch * whole,
            lambda i, total: add(i // whole, i % whole * rows, rows, total),
            jnp.zeros((count, math.prod(channels)), problem.accumulate),
        )
        if length % rows:
            total = lax.fori_loop(0, problem.batch, lambda n, total: add(n, whole * rows, length % rows, total), total)
        return total

    whole, rest = divmod(window.kernel_size, taps)
    if whole == 1:
        parts = [some_taps(0, taps)]
    else:
        mapped = lax.map(lambda i: some_taps(i * taps, taps), jnp.arange(whole))
        parts = [mapped.reshape(whole * taps, mapped.shape[2])]
    if rest:
        parts.append(some_taps(whole * taps, rest))
    return jnp.concatenate(parts)


def _kernel_of_groups(padded: Array, y: Array, problem: Problem) -> Array:
    """The same with all kernels of all problems side by side, the inner loop being over one group's outputs."""
    window, length = problem.window, problem.window.output_length
    rows = min(ROWS_OF_GROUPS, length)

    def add(n: int | Array, t: int | Array, rows: int, total: Array) -> Array:
        reach = (rows - 1) * window.stride + window.span
        read = lax.dynamic_slice_in_dim(padded, n, 1, axis=1)
        read = lax.dynamic_slice_in_dim(read, t * window.stride, reach, axis=2)[:, 0]
        sent = lax.dynamic_slice_in_dim(lax.dynamic_slice_in_dim(y, n, 1, axis=1), t, rows, axis=2)[:, 0]
        read, sent = read.astype(problem.accumulate), sent.astype(problem.accumulate)

        def products(row: int) -> Array:  # (problems, groups, taps, inputs, outputs)
            first = row * window.stride
            seen = lax.slice_in_dim(read, first, first + window.span, window.dilation, axis=1)
            return jnp.swapaxes(seen, 1, 2)[..., None] * sent[:, row, :, None, None, :]

        return total + sum((products(row) for row in range(1, rows)), start=products(0))

    whole, rest = divmod(length, rows)
    sizes = (problem.problems, problem.groups, window.kernel_size, problem.inputs, problem.outputs)
    total = lax.fori_loop(
        0,
        problem.batch * whole,
        lambda i, total: add(i // whole, i % whole * rows, rows, total),
        jnp.zeros(sizes, problem.accumulate),
    )
    if rest:
        total = lax.fori_loop(0, problem.batch, lambda n, total: add(n, whole * rows, rest, total), total)
    return jnp.transpose(total, (0, 2, 3, 1, 4))


def _weighted_sum(read: Callable[[int | Array], Array], k: Array, taps: int, problem: Problem) -> Array:
    """`sum over taps j and channels c of read(j)[..., c] * k[:, j, c]`, elementwise."""
    channels = k.shape[2], k.shape[4]

    def term(j: int | Array) -> Array:
        return _weighted(read(j), k, j, problem)

    return sum_of_terms(term, taps, taps_at_once(*channels), most_taps(*channels))


def _weighted(seen: Array, k: Array, j: int | Array, problem: Problem) -> Array:
    """`sum over channels c of seen[..., c] * k[:, j, c]`."""
    seen, weights = seen.astype(problem.accumulate), tap_of(k, j).astype(problem.accumulate)
    products = [seen[..., c : c + 1] * weights[:, None, None, c] for c in range(k.shape[2])]
    return sum(products[1:], start=products[0])
