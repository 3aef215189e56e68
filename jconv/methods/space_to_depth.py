"""Space-to-depth: `stride` neighbouring positions become one position with `stride` times the channels.

A window of `taps` positions that moves by `stride` is then one of `ceil(taps / stride)` positions that moves by one,
and the convolution an ordinary one; taps that do not fill the last position are filled up with zeros.
"""

from dataclasses import replace

from jax import Array

from jconv.methods.arrays import moved, shifted
from jconv.methods.problem import Problem
from jconv.window import Window


def folded(problem: Problem) -> Problem:
    """The same sums at stride 1; dilation must be 1."""
    window = problem.window
    taps = -(-window.kernel_size // window.stride)
    positions = window.output_length + taps - 1
    inputs = phases(window) * problem.inputs
    return replace(problem, window=Window(positions, taps, window.output_length), inputs=inputs)


def phases(window: Window) -> int:
    """Positions of the signal that a folded one keeps: the last of a stride beyond the kernel are never read."""
    return min(window.stride, window.kernel_size)


def wasted(window: Window) -> float:
    """How many times the taps there are after folding, for each tap before."""
    return -(-window.kernel_size // phases(window)) * phases(window) / window.kernel_size


def fold_signal(x: Array, problem: Problem) -> Array:
    """(b, n, input length, g, c) -> (b, n, positions, g, phases * c)."""
    stride, positions = problem.window.stride, folded(problem).window.input_length
    x = shifted(x, problem.window.low, positions * stride)
    x = x.reshape(*x.shape[:2], positions, stride, *x.shape[3:])[:, :, :, : phases(problem.window)]
    x = moved(x, 3, 4)  # (b, n, positions, g, phases, c)
    return x.reshape(*x.shape[:4], x.shape[4] * x.shape[5])


def unfold_signal(x: Array, problem: Problem) -> Array:
    """The transpose of `fold_signal`."""
    window = problem.window
    x = x.reshape(*x.shape[:4], phases(window), problem.inputs)
    x = shifted(moved(x, 4, 3), 0, window.stride, axis=3)
    x = x.reshape(*x.shape[:2], x.shape[2] * window.stride, *x.shape[4:])
    return shifted(x, -window.low, window.input_length)


def fold_kernel(k: Array, problem: Problem) -> Array:
    """(b, taps, c, g, o) -> (b, folded taps, phases * c, g, o)."""
    taps, kept = folded(problem).window.kernel_size, phases(problem.window)
    k = shifted(k, 0, taps * kept, axis=1)
    return k.reshape(k.shape[0], taps, kept * problem.inputs, *k.shape[3:])


def unfold_kernel(k: Array, problem: Problem) -> Array:
    """The transpose of `fold_kernel`."""
    k = k.reshape(k.shape[0], k.shape[1] * phases(problem.window), problem.inputs, *k.shape[3:])
    return shifted(k, 0, problem.window.kernel_size, axis=1)
