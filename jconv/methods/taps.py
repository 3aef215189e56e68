"""Sum over kernel taps: a strided slice of the signal times one slice of the kernel, no window ever copied.

With one input a group (depthwise) a tap is a multiplication that XLA fuses with the sum; otherwise it is a matrix
product.
"""

import jax.numpy as jnp
from jax import Array, lax

from jconv.methods.arrays import UNROLLED_TAPS, padded_input, tap, unpadded_input, untap
from jconv.methods.problem import Method, Problem


def output(x: Array, k: Array, problem: Problem) -> Array:
    """`y = sum over j of slice_j(x) @ k_j`."""
    window = problem.window
    padded = padded_input(x, window)

    def term(j: int | Array, k_j: Array) -> Array:
        read = tap(padded, j * window.dilation, window)
        if problem.inputs == 1:
            return _widened(read, problem) * _widened(k_j[:, None, None, 0], problem)
        return problem.einsum("bntgc,bcgo->bntgo", read, k_j)

    return _sum_over_taps(term, k, problem, problem.y_shape)


def input_face(y: Array, k: Array, problem: Problem) -> Array:
    """`x = sum over j of slice_j^T(y @ k_j^T)`."""
    window = problem.window
    shape = (*problem.x_shape[:2], window.extent, *problem.x_shape[3:])

    def term(j: int | Array, k_j: Array) -> Array:
        if problem.outputs == 1:
            weights = jnp.swapaxes(k_j[:, None, None, ..., 0], 3, 4)
            sent = _widened(y, problem) * _widened(weights, problem)
        else:
            sent = problem.einsum("bntgo,bcgo->bntgc", y, k_j)
        return untap(sent, j * window.dilation, window)

    return unpadded_input(_sum_over_taps(term, k, problem, shape), window)


def kernel_face(x: Array, y: Array, problem: Problem) -> Array:
    """`k_j = slice_j(x)^T @ y`, one tap after another."""
    window = problem.window
    padded = padded_input(x, window)

    def one(j: int | Array) -> Array:
        read = tap(padded, j * window.dilation, window)
        if problem.inputs == 1 or problem.outputs == 1:
            product = _widened(jnp.swapaxes(read, 3, 4)[..., None], problem) * _widened(y[:, :, :, None], problem)
            return jnp.sum(product, axis=(1, 2), dtype=problem.accumulate)
        return problem.einsum("bntgc,bntgo->bcgo", read, y)

    if window.kernel_size <= UNROLLED_TAPS:
        return jnp.stack([one(j) for j in range(window.kernel_size)], axis=1)
    return jnp.moveaxis(lax.map(one, jnp.arange(window.kernel_size)), 0, 1)


def _sum_over_taps(term, k: Array, problem: Problem, shape: tuple[int, ...]) -> Array:
    taps = problem.window.kernel_size
    if taps <= UNROLLED_TAPS:
        total = term(0, k[:, 0])
        for j in range(1, taps):
            total = total + term(j, k[:, j])
        return total

    def add(j: Array, total: Array) -> Array:
        return total + term(j, lax.dynamic_index_in_dim(k, j, axis=1, keepdims=False))

    return lax.fori_loop(0, taps, add, jnp.zeros(shape, problem.accumulate))


def _widened(a: Array, problem: Problem) -> Array:
    return a.astype(problem.accumulate)


METHOD = Method("taps", output, input_face, kernel_face)
