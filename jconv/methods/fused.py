"""Sums over few channels, written as the elementwise loops that XLA fuses and vectorises."""

import math
from collections.abc import Callable

import jax.numpy as jnp
from jax import Array, lax

from jconv.methods.arrays import (
    UNROLLED,
    dilated,
    interleaved,
    padded_input,
    shifted,
    sum_of_terms,
    tap,
    tap_of,
    unpadded_input,
)
from jconv.methods.problem import Problem

FEW = 4  # channels that are summed by unrolling
FUSED_TERMS = 8  # terms in one fused loop: more and it runs out of registers
UNROLLED_PRODUCTS = 32  # products in the body of the kernel face's loop


def output(x: Array, k: Array, problem: Problem) -> Array:
    """`y = sum over taps j and inputs c of slice_j(x)[..., c] * k[j, c]`."""
    window = problem.window
    padded = padded_input(x, window)
    return _weighted_sum(lambda j: tap(padded, j * window.dilation, window), k, window.kernel_size, problem)


def input_face(y: Array, k: Array, problem: Problem) -> Array:
    """The same with the taps counted backwards, one phase of the stride at a time (polyphase)."""
    window = problem.window
    stride, transposed = window.stride, jnp.swapaxes(k, 2, 4)
    if window.kernel_size > UNROLLED and stride > 1:
        y, stride = dilated(y, stride, axis=2), 1
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

    One pass over `x` and `y`, and no reduction for XLA to order badly: 9 times faster than a sum for each tap.
    """
    window, length = problem.window, problem.window.output_length
    padded = padded_input(x, window)
    channels = (problem.groups, problem.inputs, problem.outputs)
    taps = min(window.kernel_size, UNROLLED_PRODUCTS)
    rows = max(1, min(4, UNROLLED_PRODUCTS // taps, length))

    def spread(a: Array) -> Array:  # one long axis of all pairs of channels: XLA vectorises the last axis alone
        return jnp.broadcast_to(a, (*a.shape[:2], *channels)).reshape(*a.shape[:2], math.prod(channels))

    def some_taps(first: int | Array, count: int) -> Array:
        def add(n: int | Array, t: int | Array, rows: int, total: Array) -> Array:
            reach = (rows - 1) * window.stride + (count - 1) * window.dilation + 1
            start = t * window.stride + first * window.dilation
            read = spread(_block(padded, n, start, reach, problem)[..., None])
            sent = spread(_block(y, n, t, rows, problem)[:, :, :, None])
            terms = []
            for j in range(count):
                term = None
                for row in range(rows):
                    product = read[:, row * window.stride + j * window.dilation] * sent[:, row]
                    term = product if term is None else term + product
                terms.append(term)
            return total + jnp.stack(terms, axis=1)

        shape = (problem.problems, count, math.prod(channels))
        whole = length // rows
        total = lax.fori_loop(
            0,
            problem.batch * whole,
            lambda i, total: add(i // whole, i % whole * rows, rows, total),
            jnp.zeros(shape, problem.accumulate),
        )
        if length % rows:
            total = lax.fori_loop(0, problem.batch, lambda n, total: add(n, whole * rows, length % rows, total), total)
        return total

    whole, rest = divmod(window.kernel_size, taps)
    parts = [some_taps(0, taps)] if whole == 1 else []
    if whole > 1:
        mapped = lax.map(lambda i: some_taps(i * taps, taps), jnp.arange(whole))
        parts = [jnp.moveaxis(mapped, 0, 1).reshape(mapped.shape[1], whole * taps, *mapped.shape[3:])]
    if rest:
        parts.append(some_taps(whole * taps, rest))
    k = jnp.concatenate(parts, axis=1)
    return jnp.swapaxes(k.reshape(*k.shape[:2], *channels), 2, 3)


def _block(a: Array, n: int | Array, start: int | Array, length: int, problem: Problem) -> Array:
    """(problems, length, groups, channels) of batch entry `n`."""
    size = (a.shape[0], 1, length, *a.shape[3:])
    return lax.dynamic_slice(a, (0, n, start, 0, 0), size)[:, 0].astype(problem.accumulate)


def _weighted_sum(read: Callable[[int | Array], Array], k: Array, taps: int, problem: Problem) -> Array:
    """`sum over taps j and channels c of read(j)[..., c] * k[:, j, c]`, elementwise."""
    channels = k.shape[2]

    def term(j: int | Array) -> Array:
        seen, weights = read(j).astype(problem.accumulate), tap_of(k, j).astype(problem.accumulate)
        products = [seen[..., c : c + 1] * weights[:, None, None, c] for c in range(channels)]
        return sum(products[1:], start=products[0])

    return sum_of_terms(term, taps, max(1, FUSED_TERMS // channels))
