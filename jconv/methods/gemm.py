"""Windows laid out as the rows of a matrix (im2col), then one matrix product a face."""

import jax.numpy as jnp
from jax import Array, lax

from jconv.methods.arrays import UNROLLED_TAPS, padded_input, tap, unpadded_input
from jconv.methods.problem import Method, Problem
from jconv.window import Window


def output(x: Array, k: Array, problem: Problem) -> Array:
    """Rows of windows times the kernel matrix."""
    return problem.einsum("bntjgc,bjcgo->bntgo", _windows(padded_input(x, problem.window), problem.window), k)


def input_face(y: Array, k: Array, problem: Problem) -> Array:
    """The transposed product gives rows of windows, added back where they came from."""
    window = problem.window
    rows = problem.einsum("bntgo,bjcgo->bntjgc", y, k)
    shape = (*problem.x_shape[:2], window.extent, *problem.x_shape[3:])
    return unpadded_input(jnp.zeros(shape, rows.dtype).at[:, :, _positions(window)].add(rows), window)


def kernel_face(x: Array, y: Array, problem: Problem) -> Array:
    """Rows of windows, transposed, times the cotangent."""
    return problem.einsum("bntjgc,bntgo->bjcgo", _windows(padded_input(x, problem.window), problem.window), y)


def _windows(padded: Array, window: Window) -> Array:
    """(problems, batch, extent, groups, inputs) -> (problems, batch, output length, taps, groups, inputs)."""
    if window.kernel_size <= UNROLLED_TAPS:
        return jnp.stack([tap(padded, j * window.dilation, window) for j in range(window.kernel_size)], axis=3)
    return padded[:, :, _positions(window)]


def _positions(window: Window) -> Array:
    starts = lax.iota(jnp.int32, window.output_length) * window.stride
    taps = lax.iota(jnp.int32, window.kernel_size) * window.dilation
    return starts[:, None] + taps[None, :]


METHOD = Method("gemm", output, input_face, kernel_face)
