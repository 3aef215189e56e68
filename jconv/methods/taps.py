"""Sum over kernel taps: a strided slice of the signal times one slice of the kernel; no window is ever copied.

Where few channels are summed over (depthwise: one), a tap is a multiplication that XLA fuses with the sum. Otherwise
it is a matrix product.
"""

import jax.numpy as jnp
from jax import Array, lax

from jconv.methods import fused, fused_kernel
from jconv.methods.arrays import (
    each_tap,
    groups_first,
    groups_last,
    overlap_add,
    padded_input,
    sum_of_terms,
    tap,
    tap_of,
    unpadded_input,
)
from jconv.methods.problem import Method, Problem


def output(x: Array, k: Array, problem: Problem) -> Array:
    """`y = sum over j of slice_j(x) @ k_j`."""
    if fused.suits("output", problem):
        return fused.output(x, k, problem)
    window = problem.window
    padded, kernels = padded_input(groups_first(x), window), groups_first(k)

    def product(j: int | Array) -> Array:
        return problem.product(tap(padded, j * window.dilation, window), tap_of(kernels, j))

    return groups_last(sum_of_terms(product, window.kernel_size, 1), problem.groups)


def input_face(y: Array, k: Array, problem: Problem) -> Array:
    """`x = sum over j of slice_j^T(y @ k_j^T)`."""
    if fused.suits("input", problem):
        return fused.input_face(y, k, problem)
    sent, kernels = groups_first(y), lax.optimization_barrier(jnp.swapaxes(groups_first(k), 2, 3))

    def product(j: int | Array) -> Array:
        return problem.product(sent, tap_of(kernels, j))

    return groups_last(unpadded_input(overlap_add(product, problem.window), problem.window), problem.groups)


def kernel_face(x: Array, y: Array, problem: Problem) -> Array:
    """`k_j = slice_j(x)^T @ y`."""
    if fused.suits("kernel", problem):
        return fused_kernel.kernel_face(x, y, problem)
    window = problem.window
    padded, cotangent = padded_input(groups_first(x), window), groups_first(y)

    def product(j: int | Array) -> Array:
        return problem.product_over_positions(tap(padded, j * window.dilation, window), cotangent)

    return groups_last(each_tap(product, window.kernel_size), problem.groups)


METHOD = Method("taps", output, input_face, kernel_face, any_length=True)
