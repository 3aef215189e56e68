"""Sum over kernel taps: a strided slice of the signal times one slice of the kernel; no window is ever copied.

Where few channels are summed over (depthwise: one), a tap is a multiplication that XLA fuses with the sum. Otherwise
it is a matrix product.
"""

import math
from collections.abc import Callable

import jax.numpy as jnp
from jax import Array, lax

from jconv.methods.arrays import (
    UNROLLED,
    dilated,
    groups_first,
    groups_last,
    overlap_add,
    padded_input,
    shifted,
    tap,
    unpadded_input,
)
from jconv.methods.problem import Method, Problem

FEW = 4  # channels that are summed by unrolling
FUSED_TERMS = 8  # terms in one fused loop: more and it runs out of registers
UNROLLED_PRODUCTS = 32  # products in the body of the kernel face's loop


def output(x: Array, k: Array, problem: Problem) -> Array:
    """`y = sum over j of slice_j(x) @ k_j`."""
    window = problem.window
    if problem.inputs > FEW:
        padded, kernels = padded_input(groups_first(x), window), groups_first(k)

        def product(j: int | Array) -> Array:
            read = tap(padded, j * window.dilation, window)
            return problem.einsum("gntc,gco->gnto", read, jnp.take(kernels, j, axis=1))

        return groups_last(_sum(product, window.kernel_size, 1), problem.groups)
    padded = padded_input(x, window)

    def read(j: int | Array) -> Array:
        return tap(padded, j * window.dilation, window)

    return _fused_sum(read, k, window.kernel_size, problem)


def input_face(y: Array, k: Array, problem: Problem) -> Array:
    """`x = sum over j of slice_j^T(y @ k_j^T)`; fused, one phase of the stride at a time (polyphase)."""
    window = problem.window
    if problem.outputs > FEW:
        sent, kernels = groups_first(y), groups_first(k)
        zeros = jnp.zeros((sent.shape[0], problem.batch, 1, problem.inputs), problem.accumulate)

        def product(j: int | Array) -> Array:
            return problem.einsum("gnto,gco->gntc", sent, jnp.take(kernels, j, axis=1))

        return groups_last(unpadded_input(overlap_add(product, window, zeros), window), problem.groups)
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
        phases.append(_fused_sum(read, kernels, len(taps), problem))
    out = phases[0] if stride == 1 else jnp.stack(phases, axis=3)
    out = out.reshape(*y.shape[:2], rows * stride, *problem.x_shape[3:])
    return unpadded_input(lax.slice_in_dim(out, 0, window.extent, axis=2), window)


def kernel_face(x: Array, y: Array, problem: Problem) -> Array:
    """`k_j = slice_j(x)^T @ y`."""
    window = problem.window
    if problem.inputs > FEW or problem.outputs > FEW:
        padded, cotangent = padded_input(groups_first(x), window), groups_first(y)

        def product(j: int | Array) -> Array:
            return problem.einsum("gntc,gnto->gco", tap(padded, j * window.dilation, window), cotangent)

        return groups_last(_each(product, window.kernel_size), problem.groups)
    return _row_by_row(padded_input(x, window), y, problem)


def _row_by_row(padded: Array, y: Array, problem: Problem) -> Array:
    """The kernel face of few channels: a loop over positions adds every tap's products to the whole kernel at once.

    One pass over `x` and `y`, and no reduction for XLA to order badly: 9 times faster than a sum for each tap.
    """
    window, length = problem.window, problem.window.output_length
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


def _fused_sum(read: Callable[[int | Array], Array], k: Array, taps: int, problem: Problem) -> Array:
    """`sum over taps j and channels c of read(j)[..., c] * k[:, j, c]`, elementwise."""
    channels = k.shape[2]

    def term(j: int | Array) -> Array:
        seen, weights = read(j).astype(problem.accumulate), jnp.take(k, j, axis=1).astype(problem.accumulate)
        products = [seen[..., c : c + 1] * weights[:, None, None, c] for c in range(channels)]
        return sum(products[1:], start=products[0])

    return _sum(term, taps, max(1, FUSED_TERMS // channels))


def _sum(term: Callable[[int | Array], Array], taps: int, together: int) -> Array:
    """`sum over j of term(j)`, so many terms at a time in one fused loop."""
    whole = taps // together * together if taps > UNROLLED else 0
    total = None
    if whole:
        shape = term(0)

        def add(i: Array, total: Array) -> Array:
            for j in range(together):
                total = total + term(i * together + j)
            return total

        total = lax.fori_loop(0, whole // together, add, jnp.zeros_like(shape))
    for start in range(whole, taps, together):
        part = term(start)
        for j in range(start + 1, min(start + together, taps)):
            part = part + term(j)
        total = part if total is None else total + part
        if start + together < taps:
            total = lax.optimization_barrier(total)
    assert total is not None
    return total


def _each(one: Callable[[int | Array], Array], taps: int) -> Array:
    if taps <= UNROLLED:
        return jnp.stack([one(j) for j in range(taps)], axis=1)
    return jnp.moveaxis(lax.map(one, jnp.arange(taps)), 0, 1)


METHOD = Method("taps", output, input_face, kernel_face)
