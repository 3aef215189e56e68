"""Windows laid out as the rows of a matrix (im2col), then one matrix product a face, batched over groups."""

import jax.numpy as jnp
from jax import Array, lax

from jconv import accelerators, cpu
from jconv.accelerators import Work, filled_up
from jconv.methods.arrays import (
    added_windows,
    fusion_barrier,
    groups_first,
    groups_last,
    padded_input,
    result_of_groups,
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
    return result_of_groups(problem.platform, unpadded_input(added_windows(rows, window), window), problem.groups)


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

    return windows(
        fusion_barrier(problem.platform, ready, x) if problem.groups > 1 else ready(x), window, problem.platform
    )


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


def work(face: Face, problem: Problem) -> Work | None:
    """What the product is on an accelerator, and the windows that are written and read for it."""
    window, laid_out = problem.window, _laid_out(problem) * problem.dtype.itemsize
    if window.kernel_size == window.stride == 1:
        if problem.platform == "tpu" and problem.batch > window.output_length:
            return None  # XLA's own puts a large batch on the lanes, and what stands beside it in a network is faster
        traffic = problem.traffic_in_lanes(1) if problem.platform == "tpu" else problem.least_traffic
        copied = 1.0 if face == "kernel" and problem.platform != "tpu" else 0.0
        return Work(1 + copied, (1 + copied / 2) * traffic, problem.multiplications)
    if problem.platform == "tpu":
        if problem.problems == 1 or window.kernel_size > accelerators.TAPS or problem.inputs * problem.outputs == 1:
            return None  # XLA's own is faster; and windows of many taps are a loop over positions
        traffic = 2 * laid_out + 2 * problem.traffic_in_lanes(1)
        return Work(10, traffic, problem.multiplications * filled_up(problem.outputs, accelerators.LANES))
    if _fused(face, problem):
        return Work(1, problem.least_traffic, sums=problem.multiplications)
    if face == "input" and window.kernel_size > cpu.UNROLLED:
        return None  # a loop adds the rows of one tap after another
    wider = problem.accumulate.itemsize / problem.dtype.itemsize if face == "input" else 1.0
    return Work(2 + (face == "kernel"), 2 * wider * laid_out + problem.least_traffic, problem.multiplications)


def _workspace(face: Face, problem: Problem) -> float:
    """The windows: on a CPU XLA copies them transposed, and a step keeps the output's for the kernel's gradient."""
    if problem.platform == "cpu":
        return 3 * _laid_out(problem)
    return 0.0 if _fused(face, problem) else _laid_out(problem)


def _fused(face: Face, problem: Problem) -> bool:
    """Whether a GPU sums over windows that are never written, as it does for a single output channel."""
    few = problem.window.kernel_size * problem.inputs <= accelerators.TAPS
    return problem.on_gpu and few and problem.outputs == 1 and not (face == "kernel" and problem.inputs == 1)


METHOD = Method(
    "gemm",
    output,
    input_face,
    kernel_face,
    _refuses,
    counts=counts,
    work=work,
    workspace=_workspace,
    unlisted="for one tap or kernels of their own on TPU",
)
