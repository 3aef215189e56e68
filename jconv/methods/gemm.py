"""Windows laid out as the rows of a matrix (im2col), then one matrix product a face, batched over groups."""

import jax.numpy as jnp
from jax import Array, lax

from jconv.methods.arrays import (
    added_windows,
    fusion_barrier,
    groups_first,
    groups_last,
    padded_input,
    unpadded_input,
    windows,
)
from jconv.methods.problem import Counts, Face, Method, Problem
from jconv.methods.products import product, product_over_positions


def output(x: Array, k: Array, problem: Problem) -> Array:
    """Rows of windows times the kernel matrix."""
    return groups_last(product(problem, _rows(x, problem), _matrices(k)), problem.groups)


def input_face(y: Array, k: Array, problem: Problem) -> Array:
    """The transposed product gives rows of windows, added back where they came from."""
    window = problem.window
    sent = groups_first(y)
    rows = product(problem, sent, lax.optimization_barrier(jnp.swapaxes(_matrices(k), 1, 2)))
    rows = rows.reshape(*sent.shape[:3], window.kernel_size, problem.inputs)
    return groups_last(unpadded_input(added_windows(rows, window), window), problem.groups)


def kernel_face(x: Array, y: Array, problem: Problem) -> Array:
    """Rows of windows, transposed, times the cotangent."""
    k = product_over_positions(problem, _rows(x, problem), groups_first(y))
    k = k.reshape(k.shape[0], problem.window.kernel_size, problem.inputs, problem.outputs)
    return groups_last(k, problem.groups)


def _rows(x: Array, problem: Problem) -> Array:
    """(problems * groups, batch, output length, taps * inputs), gathered from a signal that is made ready before."""
    window = problem.window

    def ready(x: Array) -> Array:
        return padded_input(groups_first(x), window)

    return windows(fusion_barrier(problem.platform, ready, x) if problem.groups > 1 else ready(x), window)


def _matrices(k: Array) -> Array:
    """(problems, taps, inputs, groups, outputs) -> (problems * groups, taps * inputs, outputs)."""
    k = groups_first(k)
    return k.reshape(k.shape[0], k.shape[1] * k.shape[2], k.shape[3])


def _refuses(problem: Problem) -> str | None:
    reach = problem.window.extent * problem.inputs
    return None if reach < 2**31 else f"{reach} entries of a signal's group are beyond 32-bit positions"


def counts(face: Face, problem: Problem) -> Counts | None:
    """What a face does, or None where its products would be of numbers."""
    if problem.groups > 1 and problem.inputs * problem.outputs == 1:
        return None
    laid_out = _laid_out(problem)
    return {
        "call": 1.0,
        "mac": problem.multiplications,
        "laid out": laid_out,
        "laid out with dilation": laid_out if problem.window.dilation > 1 else 0.0,
        "moved": problem.signal_entries,
        "step": float(problem.groups * problem.problems),
    }


def _laid_out(problem: Problem) -> float:
    """Entries of all windows."""
    return problem.multiplications / problem.outputs


def _operations(problem: Problem) -> float:
    return problem.multiplications * (4.0 if problem.groups * problem.problems == 1 else 1.0)


METHOD = Method(
    "gemm",
    output,
    input_face,
    kernel_face,
    _refuses,
    counts=counts,
    operations=_operations,
    # XLA copies transposed windows, and a step keeps those of the output for the kernel's gradient
    workspace=lambda face, problem: 3 * _laid_out(problem),
)
