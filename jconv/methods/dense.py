"""Every face as the one convolution that XLA does well on CPU: dense, channels last, its operands laid out beforehand.

All three faces are the output face of some problem:

    input face     y with the kernel reversed in time and its channels swapped, after the stride is folded away
    kernel face    x with its channels for a batch, y for a kernel, the batch for channels

Written so, and kept apart by barriers that stop XLA from merging the transposes into the convolution, they run at the
same speed inside `lax.scan`, where XLA's own gradients are 20 to 150 times slower (jax#12868). A kernel face of many
positions is the sum of several such convolutions. Problems with kernels of their own follow one another. Neighbouring
groups are merged, zeros in between, until a matrix product is wide enough to be worth it.
"""

import math
from collections.abc import Callable
from dataclasses import replace

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jconv import cpu
from jconv.accelerators import Work
from jconv.methods import xla
from jconv.methods.arrays import dilated, fusion_barrier, mirrored_kernel, moved, padded_input, transposed
from jconv.methods.problem import Counts, Face, Method, Problem
from jconv.methods.space_to_depth import fold_kernel, fold_signal, folded, unfold_kernel, unfold_signal, wasted
from jconv.window import Window


def output(x: Array, k: Array, problem: Problem) -> Array:
    """XLA's convolution, for each problem and each block of groups."""
    if problem.problems > 1:
        return _each_problem(output, x, k, problem)
    together, blocks = merging(problem)
    block = _merged(problem, together)

    def one(i: int | Array) -> Array:
        y = xla.output(_channels(_groups(x, i, together)), _block_diagonal(_groups(k, i, together)), block)
        return y[0, :, :, 0]

    return _each_block(one, blocks).reshape(problem.y_shape)


def input_face(y: Array, k: Array, problem: Problem) -> Array:
    """`x[l] = sum over j of y[l - j] * k[j]`: an output face, the stride being folded or filled with zeros."""
    if folds(problem):
        return unfold_signal(input_face(y, fold_kernel(k, problem), folded(problem)), problem)
    y = dilated(y, problem.window.stride, axis=2)
    return output(y, lax.optimization_barrier(mirrored_kernel(k)), problem.mirrored())


def kernel_face(x: Array, y: Array, problem: Problem) -> Array:
    """`k[j, c, o] = sum over n and t of x[n, t + j, c] * y[n, t, o]`: y is the kernel, n the inputs, c the batch."""
    if folds(problem):
        return unfold_kernel(kernel_face(fold_signal(x, problem), y, folded(problem)), problem)
    if problem.problems > 1:
        return _each_problem(kernel_face, x, y, problem)
    if problem.groups == 1:
        # else XLA works out anew, for each part and in transposed order, what a network made x of: a step of the
        # TCN of `experiments/` took 21 ms instead of 15.4
        x = fusion_barrier(problem.platform, lambda x: x, x)
    sums = [_kernel_of_part(*part) for part in parts_of(x, y, problem)]
    return sum(sums[1:], start=sums[0])


def _kernel_of_part(x: Array, y: Array, problem: Problem) -> Array:
    together, blocks = merging(problem)
    turned = _turned(_merged(problem, together))

    def one(i: int | Array) -> Array:
        signals = transposed(_channels(_groups(x, i, together)), (0, 4, 2, 3, 1))  # (1, c, time, 1, n)
        kernels = transposed(_channels(_groups(y, i, together)), (0, 2, 1, 3, 4))  # (1, time, n, 1, o)
        signals, kernels = lax.optimization_barrier((signals, kernels))
        k = lax.optimization_barrier(xla.output(signals, kernels, turned))  # (1, c, taps, 1, o)
        k = _diagonal(jnp.swapaxes(k, 1, 2), problem)
        return k.reshape(*k.shape[1:3], together * problem.outputs)

    return _each_block(one, blocks).reshape(problem.k_shape)


def parts_of(x: Array, y: Array, problem: Problem) -> list[tuple[Array, Array, Problem]]:
    """The output positions in parts, each with the x that its windows read.

    A long sum of few results is what the threads of one convolution share badly; several convolutions run at once.
    """
    if not in_parts(problem):
        return [(x, y, problem)]
    window, parts = problem.window, []
    hop = -(-window.output_length // cpu.SUMS_AT_ONCE)
    for first in range(0, window.output_length, hop):
        last = min(first + hop, window.output_length)
        some = window.some(first, last)
        part = replace(problem, window=some.padded)
        parts.append((padded_input(x, some), lax.slice_in_dim(y, first, last, axis=2), part))
    return parts


def in_parts(problem: Problem) -> bool:
    """Whether the kernel face is the sum of several convolutions."""
    if problem.platform != "cpu":
        return False
    problem = problem.usual
    positions = problem.batch * problem.window.output_length
    work = positions * problem.window.kernel_size * problem.inputs * problem.outputs
    return merging(problem)[1] <= cpu.SUMS_AT_ONCE and positions >= cpu.SUMMED_POSITIONS and work >= cpu.SUMMED_WORK


def folds(problem: Problem) -> bool:
    """Whether the input and kernel faces fold the stride into the channels."""
    return problem.window.stride > 1 and problem.window.dilation == 1


def _turned(problem: Problem) -> Problem:
    window = problem.window
    turned = Window(
        window.input_length, window.output_length, window.kernel_size, window.dilation, window.stride, window.low
    )
    return replace(problem, window=turned, batch=problem.inputs, inputs=problem.batch)


def merging(problem: Problem) -> tuple[int, int]:
    """How many groups make a block, and how many blocks there are."""
    widest = max(problem.inputs, problem.outputs)
    if widest >= cpu.MERGED_BELOW:
        return 1, problem.groups
    fitting = [m for m in range(1, problem.groups + 1) if problem.groups % m == 0 and m * widest <= cpu.MERGED_TO]
    together = max(fitting, default=1)
    return together, problem.groups // together


def _merged(problem: Problem, together: int) -> Problem:
    """One block as a problem of its own."""
    return replace(problem, problems=1, groups=1, inputs=together * problem.inputs, outputs=together * problem.outputs)


def _each_problem(face: Callable[[Array, Array, Problem], Array], a: Array, b: Array, problem: Problem) -> Array:
    one = replace(problem, problems=1)
    if problem.problems * merging(one)[1] <= cpu.CONVOLUTIONS_IN_A_ROW:
        return jnp.concatenate([face(a[i : i + 1], b[i : i + 1], one) for i in range(problem.problems)])
    return lax.map(lambda pair: face(pair[0][None], pair[1][None], one)[0], (a, b))


def _each_block(one: Callable[[int | Array], Array], blocks: int) -> Array:
    """`one(i)` for each block, joined along the last of three axes: XLA joins arrays of more axes entry by entry."""
    if blocks <= cpu.UNROLLED:
        return jnp.concatenate([one(i) for i in range(blocks)], axis=2)
    parts = moved(lax.map(one, jnp.arange(blocks)), 0, 2)
    return parts.reshape(*parts.shape[:2], blocks * parts.shape[3])


def _groups(a: Array, block: int | Array, together: int) -> Array:
    return lax.dynamic_slice_in_dim(a, block * together, together, axis=3)


def _channels(a: Array) -> Array:
    """(1, n, time, groups, channels) -> (1, n, time, 1, groups * channels)."""
    return a.reshape(*a.shape[:3], 1, a.shape[3] * a.shape[4])


def _block_diagonal(k: Array) -> Array:
    """(1, taps, c, groups, o) -> (1, taps, groups * c, 1, groups * o), zero where the groups differ."""
    _, taps, inputs, groups, outputs = k.shape
    if groups == 1:
        return k
    same = jnp.eye(groups, dtype=bool)[:, None, :, None]
    blocks = jnp.where(same, k.reshape(taps, 1, inputs, groups, outputs), jnp.zeros((), k.dtype))
    return lax.optimization_barrier(blocks.reshape(1, taps, groups * inputs, 1, groups * outputs))


def _diagonal(k: Array, problem: Problem) -> Array:
    """The transpose of `_block_diagonal`: (1, taps, groups * c, 1, groups * o) -> (1, taps, c, groups, o)."""
    groups = k.shape[2] // problem.inputs
    blocks = k.reshape(1, k.shape[1], groups, problem.inputs, groups, problem.outputs)
    return jnp.stack([blocks[:, :, i, :, i] for i in range(groups)], axis=3)


def _spreads(face: Face, problem: Problem) -> bool:
    if face == "kernel":
        return False  # what the zeros gave is dropped
    return merging(problem)[0] > 1 or (face == "input" and folds(problem) and wasted(problem.window) > 1)


def counts(face: Face, problem: Problem) -> Counts | None:
    """What a face does, or None where XLA has no fast convolution: of other types than float32."""
    if problem.accumulate != np.float32:
        return None
    zeros = 1
    if face != "output" and folds(problem):
        problem = folded(problem)
    elif face == "input":
        zeros = problem.window.stride  # set between the entries of y
    together, blocks = merging(problem)
    across = together * (problem.inputs if face == "input" else problem.outputs)
    products = zeros * together * problem.multiplications
    in_a_row = blocks <= cpu.UNROLLED and (
        problem.problems == 1 or problem.problems * blocks <= cpu.CONVOLUTIONS_IN_A_ROW
    )
    whole = math.ceil(across / cpu.LANES) * cpu.LANES / across  # of the vectors that the innermost loop fills
    passes = 1 if blocks == 1 and face != "kernel" else 2
    if face != "kernel" and problem.window.kernel_size == problem.window.stride == 1:
        passes -= 1  # XLA makes it a matrix product
    return {
        "call": 1.0,
        "mac in parts" if face == "kernel" and in_parts(problem) else "mac": products * whole,
        "packed": products / across,
        "moved": passes * problem.signal_entries,
        "step" if in_a_row else "step in a loop": float(problem.problems * blocks),
    }


def work(face: Face, problem: Problem) -> Work | None:
    """Only where a TPU would else multiply by the zeros between the entries of y; 16 bits compile for 24 s."""
    one_kernel, narrow = problem.groups * problem.problems == 1, problem.dtype.itemsize <= 2
    if problem.platform != "tpu" or face != "input" or not folds(problem) or not one_kernel or narrow:
        return None
    convolution = xla.work(face, folded(problem))
    return replace(convolution, kernels=convolution.kernels + 2, traffic=1.5 * convolution.traffic)


METHOD = Method(
    "dense",
    output,
    input_face,
    kernel_face,
    xla.METHOD.refuses,
    spreads=_spreads,
    any_length=True,
    counts=counts,
    work=work,
    unlisted="for float32 sums on CPU, and strided gradients on TPU",
)
