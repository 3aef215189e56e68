"""Sum over kernel taps: a strided slice of the signal times one slice of the kernel; no window is ever copied.

Where few channels are summed over (depthwise: one), a tap is a multiplication that XLA fuses with the sum. Otherwise
it is a matrix product.
"""

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jconv import accelerators, cpu
from jconv.accelerators import Work
from jconv.methods import taps_kernel, taps_loops, xla
from jconv.methods.arrays import (
    each_tap,
    groups_first,
    groups_last,
    overlap_add,
    padded_input,
    result_of_groups,
    sum_of_terms,
    tap,
    tap_of,
    unpadded_input,
)
from jconv.methods.problem import Counts, Face, Method, Problem
from jconv.methods.products import product, product_over_positions


def output(x: Array, k: Array, problem: Problem) -> Array:
    """`y = sum over j of slice_j(x) @ k_j`."""
    if taps_loops.suits("output", problem):
        return taps_loops.output(x, k, problem)
    window = problem.window
    padded, kernels = padded_input(groups_first(x), window), groups_first(k)

    def one_tap(j: int | Array) -> Array:
        return product(problem, tap(padded, j * window.dilation, window), tap_of(kernels, j))

    return result_of_groups(problem.platform, sum_of_terms(one_tap, window.kernel_size, 1), problem.groups)


def input_face(y: Array, k: Array, problem: Problem) -> Array:
    """`x = sum over j of slice_j^T(y @ k_j^T)`."""
    if taps_loops.suits("input", problem):
        return taps_loops.input_face(y, k, problem)
    sent, kernels = groups_first(y), lax.optimization_barrier(jnp.swapaxes(groups_first(k), 2, 3))

    def one_tap(j: int | Array) -> Array:
        return product(problem, sent, tap_of(kernels, j))

    x = unpadded_input(overlap_add(one_tap, problem.window), problem.window)
    return result_of_groups(problem.platform, x, problem.groups)


def kernel_face(x: Array, y: Array, problem: Problem) -> Array:
    """`k_j = slice_j(x)^T @ y`."""
    if taps_loops.suits("kernel", problem):
        return taps_kernel.kernel_face(x, y, problem)
    window = problem.window
    padded, cotangent = padded_input(groups_first(x), window), groups_first(y)

    def one_tap(j: int | Array) -> Array:
        return product_over_positions(problem, tap(padded, j * window.dilation, window), cotangent)

    return groups_last(each_tap(one_tap, window.kernel_size), problem.groups)


def counts(face: Face, problem: Problem) -> Counts:
    """What a face does: by loops, or where each tap is a matrix product."""
    if taps_loops.suits(face, problem):
        return taps_kernel.counts(problem) if face == "kernel" else taps_loops.counts(face, problem)
    work = problem.multiplications
    return {
        "call": 1.0,
        "product mac": work,
        "product seen": work / problem.outputs,  # entries of x, for each tap
        "product sent": work / problem.inputs,  # and of y
    }


def work(face: Face, problem: Problem) -> Work | None:
    """One fused program where few channels are summed over; else several for each tap, which integers are left with."""
    taps = problem.window.kernel_size
    products = taps * (problem.outputs if face == "input" else problem.inputs)
    few = problem.inputs * problem.outputs <= accelerators.FEW_PAIRS
    if few and taps_loops.suits(face, problem) and products <= accelerators.TAPS:
        if problem.platform != "tpu":
            return Work(1 + (face == "kernel"), problem.least_traffic, sums=problem.multiplications)
        if face == "input" or problem.problems == 1:
            return None  # XLA's own is faster there
        return Work(products, problem.least_traffic, sums=accelerators.ON_LANES * problem.multiplications)
    if problem.platform == "tpu" and problem.groups > 1 == problem.problems and not few:
        if taps > cpu.LOOP_TAPS_AT_ONCE or not xla.beyond_vmem(problem):
            return None
        passes = accelerators.LONG_GROUPS / problem.dtype.itemsize / (2 if face == "kernel" else 1)
        return Work(9, passes * problem.traffic_in_lanes(1), problem.multiplications)
    if np.issubdtype(problem.accumulate, np.inexact):
        return None
    return Work(3.0 * taps, 3 * taps * problem.least_traffic, sums=problem.multiplications)


def _workspace(face: Face, problem: Problem) -> float:
    """The products of as many taps as are written out, before they are added."""
    if face == "output" or taps_loops.suits(face, problem):
        return 0.0  # what a loop or a fusion holds is small
    taps = problem.window.kernel_size
    return problem.multiplications / problem.outputs * min(taps, cpu.UNROLLED) / taps


METHOD = Method(
    "taps",
    output,
    input_face,
    kernel_face,
    any_length=True,
    counts=counts,
    work=work,
    workspace=_workspace,
    unlisted="for few taps on accelerators",
)
