"""The ceilings of the machine, measured in the same run, and what share of them a time is."""

import time

import jax
import jax.numpy as jnp

from benchmarks.problems import Problem

FACES = {"output": 1, "gradient for x": 1, "gradient for kernel": 1, "whole step": 3, "step in scan": 3}


def ceilings(dtype, repeats: int = 15) -> dict[str, float]:
    """FLOP/s of a large square matrix product and bytes/s of a large copy (read and write both counted).

    On a CPU the copy is of 16 MB: an allocator hands much larger blocks back to the system each time, and the copy
    would be one of page faults.
    """
    large = jax.default_backend() != "cpu"
    side, length = (8192, 1 << 29) if large else (1536, 1 << 24)
    a = jnp.ones((side, side), dtype)
    b = jnp.ones((length // jnp.dtype(dtype).itemsize,), dtype)
    product = _best(jax.jit(lambda a: a @ a), a, repeats)
    copy = _best(jax.jit(lambda b: -b), b, repeats)
    return {"matrix product FLOP/s": 2 * side**3 / product, "copy bytes/s": 2 * b.nbytes / copy}


def share(problem: Problem, cell: str, seconds: float, itemsize: int, measured: dict[str, float]) -> float:
    """The least time the ceilings allow the direct sum, over the time taken; a Fourier transform may exceed 1."""
    faces = FACES[cell]
    arithmetic = 2 * faces * problem.multiplications / measured["matrix product FLOP/s"]
    traffic = faces * operand_bytes(problem, itemsize) / measured["copy bytes/s"]
    return max(arithmetic, traffic) / seconds


def operand_bytes(problem: Problem, itemsize: int) -> int:
    """Signal, kernel and result together."""
    elements = 0
    for shape in (problem.x_shape, problem.kernel_shape, problem.y_shape):
        product = 1
        for size in shape:
            product *= size
        elements += product
    return elements * itemsize


def _best(function, argument, repeats: int) -> float:
    function(argument).block_until_ready()
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        function(argument).block_until_ready()
        best = min(best, time.perf_counter() - start)
    return best
