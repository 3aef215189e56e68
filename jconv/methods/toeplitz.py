"""Blocks of positions become channels, so that few channels and a long kernel fill an accelerator's matrix unit.

One block of outputs is a matrix times the block of inputs that it reads; the matrix holds the kernel again in every
column, one stride further down (a Toeplitz matrix). It is cut into blocks as well, which are the taps of a convolution
of few taps and many channels. The zeros above and below the kernel cost `1 + block / span` times the multiplications.
Compiled for a TPU v5e, the faces of 1,024 taps of one channel take 1 to 2 s to compile and are estimated at 53 to 114
microseconds; XLA's own convolution takes minutes to compile.
"""

from dataclasses import replace

import jax.numpy as jnp
from jax import Array

from jconv import accelerators
from jconv.accelerators import Work
from jconv.methods import xla
from jconv.methods.arrays import dilated, moved, shifted
from jconv.methods.problem import Face, Method, Problem, entries
from jconv.window import Window


def output(x: Array, k: Array, problem: Problem) -> Array:
    """`y_m = sum over r of x_(m+r) @ T_r`, blocks of positions being channels."""
    blocks = in_blocks(problem)
    return _positions(xla.output(_read(x, problem), _matrices(k, problem), blocks), problem)


def input_face(y: Array, k: Array, problem: Problem) -> Array:
    """`x_m = sum over r of y_(m-r) @ T_r^T`."""
    blocks = in_blocks(problem)
    x = xla.input_face(_sent(y, problem), _matrices(k, problem), blocks)
    x = x.reshape(*x.shape[:4], -1, problem.inputs)
    x = moved(x, 4, 3)
    return shifted(x.reshape(*x.shape[:2], -1, *x.shape[4:]), -problem.window.low, problem.window.input_length)


def kernel_face(x: Array, y: Array, problem: Problem) -> Array:
    """`T_r = sum over blocks and batch of x_(m+r)^T @ y_m`; a tap is the sum of where the matrices hold it."""
    blocks = replace(in_blocks(problem), result=None)  # what is summed further is not rounded yet
    return _kernel(xla.kernel_face(_read(x, problem), _sent(y, problem), blocks), problem)


def block(problem: Problem) -> int:
    """Positions of a block: more for a long kernel on a TPU, where a convolution of many taps takes long to compile."""
    size = accelerators.BLOCK
    while problem.platform == "tpu" and problem.window.span > accelerators.MOST_BLOCKS * size:
        size *= 2
    return size


def in_blocks(problem: Problem) -> Problem:
    """The same sums over blocks of positions: at stride 1, of few taps."""
    window = problem.window
    size = block(problem)
    hop = size * window.stride
    taps = -(-((size - 1) * window.stride + window.span) // hop)
    count = -(-window.output_length // size)
    across = Window(count + taps - 1, taps, count)
    return replace(problem, window=across, inputs=hop * problem.inputs, outputs=size * problem.outputs)


def _read(x: Array, problem: Problem) -> Array:
    """(b, n, time, g, c) -> (b, n, blocks, g, positions * c)."""
    hop, count = block(problem) * problem.window.stride, in_blocks(problem).window.input_length
    return _cut(shifted(x, problem.window.low, count * hop), count)


def _sent(y: Array, problem: Problem) -> Array:
    """(b, n, time, g, o) -> (b, n, blocks, g, positions * o)."""
    count = in_blocks(problem).window.output_length
    return _cut(shifted(y, 0, count * block(problem)), count)


def _cut(a: Array, count: int) -> Array:
    a = moved(a.reshape(*a.shape[:2], count, a.shape[2] // count, *a.shape[3:]), 3, 4)
    return a.reshape(*a.shape[:4], a.shape[4] * a.shape[5])


def _positions(y: Array, problem: Problem) -> Array:
    """(b, n, blocks, g, positions * o) -> (b, n, time, g, o)."""
    y = moved(y.reshape(*y.shape[:4], block(problem), problem.outputs), 4, 3)
    return shifted(y.reshape(*y.shape[:2], -1, *y.shape[4:]), 0, problem.window.output_length)


def _matrices(k: Array, problem: Problem) -> Array:
    """(b, taps, c, g, o) -> (b, blocks of the matrix, positions read * c, g, positions sent * o).

    Column `q` of the matrix is the kernel `q * stride` positions down. Copies of the kernel, each with `stride` zeros
    more behind it than a column has, are just that when they are cut into columns.
    """
    window, blocks = problem.window, in_blocks(problem)
    hop, taps = block(problem) * window.stride, blocks.window.kernel_size
    column = shifted(dilated(k, window.dilation, axis=1), 0, taps * hop + window.stride, axis=1)
    copies = jnp.broadcast_to(column[:, None], (k.shape[0], block(problem), *column.shape[1:]))
    copies = copies.reshape(k.shape[0], -1, *k.shape[2:])[:, : block(problem) * taps * hop]
    matrix = copies.reshape(k.shape[0], block(problem), taps, hop, *k.shape[2:])  # (b, q, r, i, c, g, o)
    return jnp.transpose(matrix, (0, 2, 3, 4, 5, 1, 6)).reshape(blocks.k_shape)


def _kernel(matrices: Array, problem: Problem) -> Array:
    """The transpose of `_matrices`."""
    window, (kernels, taps, _, groups, _) = problem.window, matrices.shape
    columns = matrices.reshape(kernels, taps, -1, problem.inputs, groups, block(problem), problem.outputs)
    columns = jnp.transpose(columns, (0, 5, 1, 2, 3, 4, 6))  # (b, q, r, i, c, g, o)
    length = columns.shape[2] * columns.shape[3]
    copies = columns.reshape(kernels, block(problem) * length, *columns.shape[4:])
    copies = shifted(copies, 0, block(problem) * (length + window.stride), axis=1)
    column = jnp.sum(copies.reshape(kernels, block(problem), length + window.stride, *copies.shape[2:]), axis=1)
    return column[:, : window.span : window.dilation]


def _workspace(face: Face, problem: Problem) -> float:
    blocks = in_blocks(problem)
    return entries(blocks.k_shape) + blocks.signal_entries


def work(face: Face, problem: Problem) -> Work | None:
    """The convolution of the blocks, the matrices written and read, and signals that are copied."""
    if problem.groups * problem.problems > 1 or 2 * problem.window.span < accelerators.BLOCK:
        return None  # as many matrices, larger than the signals; or matrices of zeros for the most part
    blocks = in_blocks(problem)
    matrices = 2 * entries(blocks.k_shape) * problem.dtype.itemsize
    if problem.platform == "tpu":
        traffic = accelerators.PASSES_OF_BLOCKS * problem.least_traffic + matrices
        return Work(10, traffic, accelerators.PRODUCTS_OF_BLOCKS * blocks.multiplications)
    wide = face == "kernel" and problem.dtype.itemsize < problem.accumulate.itemsize
    kernels, times = 3 + 2 * (face == "kernel"), 5 if wide else 2
    products = blocks.multiplications * (2 if wide else 1)
    return Work(kernels, times * (problem.least_traffic + matrices / 2), products)


METHOD = Method(
    "toeplitz",
    output,
    input_face,
    kernel_face,
    xla.METHOD.refuses,
    spreads=lambda face, problem: True,
    work=work,
    workspace=_workspace,
    unlisted="for a long kernel of few channels on accelerators",
)
