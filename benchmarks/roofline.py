"""The ceilings of the machine, measured in the same run, and what share of them a time is."""

import math
import time

import jax
import jax.numpy as jnp

from benchmarks.problems import Problem

LARGE = 1 << 25  # bytes; such a block the C library hands back to the system, and every call writes fresh pages
ONE_FACE = ("output", "gradient for x", "gradient for kernel")  # the other cells have all three


def ceilings(dtype, repeats: int = 15) -> dict[str, float]:
    """FLOP/s of a large square matrix product and bytes/s of copies (read and write both counted).

    On a CPU a copy of 16 MiB, and one of `LARGE` bytes, most of whose time goes to page faults.
    """
    accelerator = jax.default_backend() != "cpu"
    side, length, large = (8192, 1 << 29, 1 << 29) if accelerator else (1536, LARGE // 2, LARGE)
    a = jnp.ones((side, side), dtype)
    product = _best(jax.jit(lambda a: a @ a), a, repeats)

    def copy_rate(size: int) -> float:
        b = jnp.ones((size // jnp.dtype(dtype).itemsize,), dtype)
        return 2 * b.nbytes / _best(jax.jit(lambda b: -b), b, repeats)

    return {
        "matrix product FLOP/s": 2 * side**3 / product,
        "copy bytes/s": copy_rate(length),
        "large copy bytes/s": copy_rate(large),
    }


def share(problem: Problem, cell: str, seconds: float, itemsize: int, measured: dict[str, float]) -> float:
    """The least time the ceilings allow the direct sum, over the time taken; a Fourier transform may exceed 1."""
    faces = 1 if cell in ONE_FACE else 3
    arithmetic = 2 * faces * problem.multiplications / measured["matrix product FLOP/s"]
    largest = itemsize * max(math.prod(problem.x_shape), math.prod(problem.y_shape))
    rate = measured["large copy bytes/s" if largest >= LARGE else "copy bytes/s"]
    traffic = faces * operand_bytes(problem, itemsize) / rate
    return max(arithmetic, traffic) / seconds


def operand_bytes(problem: Problem, itemsize: int) -> int:
    """Signal, kernel and result together."""
    return itemsize * sum(math.prod(shape) for shape in (problem.x_shape, problem.kernel_shape, problem.y_shape))


def _best(function, argument, repeats: int) -> float:
    function(argument).block_until_ready()
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        function(argument).block_until_ready()
        best = min(best, time.perf_counter() - start)
    return best
