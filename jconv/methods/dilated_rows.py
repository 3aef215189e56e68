"""On a GPU, a dilated convolution as one over two axes: `dilation` neighbouring positions are a row, and taps are rows.

Position `q * dilation + r` of the padded signal is entry `r` of row `q`. A kernel of K taps then covers K neighbouring
rows and one column, so nothing is dilated any more, and the signal is not moved either. XLA for GPUs would fill the
kernel with zeros: 3 taps, 64 apart, become 129.
"""

import math

from jax import Array, lax

from jconv.methods.arrays import shifted
from jconv.methods.problem import Problem
from jconv.window import Window


def suits(problem: Problem) -> bool:
    """Whether a problem is computed so."""
    window = problem.window
    return problem.on_gpu and window.known and window.dilation > 1 == window.stride and window.kernel_size > 1


def output(x: Array, k: Array, problem: Problem) -> Array:
    """(batch, time, channels), (taps, inputs, outputs) -> (batch, time, channels)."""
    y = _over_rows(_read(x, problem.window), k, problem, 0)
    return shifted(y, 0, problem.window.output_length, axis=1)


def input_face(y: Array, k: Array, problem: Problem) -> Array:
    """(batch, time, channels), (taps, outputs, inputs), the taps reversed -> (batch, time, channels)."""
    window = problem.window
    x = _over_rows(_sent(y, window), k, problem, window.kernel_size - 1)
    return shifted(x, -window.low, window.input_length, axis=1)


def _over_rows(signal: Array, k: Array, problem: Problem, padded: int) -> Array:
    """The convolution of rows, so many of zeros on both sides; back to (batch, time, channels)."""
    rows = lax.conv_general_dilated(
        signal,
        k[:, None],
        window_strides=(1, 1),
        padding=[(padded, padded), (0, 0)],
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        feature_group_count=problem.problems * problem.groups,
        precision=problem.precision,
        preferred_element_type=problem.convolved_as,
    )
    return rows.reshape(rows.shape[0], math.prod(rows.shape[1:3]), rows.shape[3])


def kernel_face(x: Array, y: Array, problem: Problem) -> Array:
    """(batch, time, channels) twice -> (taps, inputs, outputs)."""
    k = lax.conv_general_dilated(
        _read(x, problem.window),
        _sent(y, problem.window),
        window_strides=(1, 1),
        padding="VALID",
        dimension_numbers=("CHWN", "IHWO", "HWNC"),
        batch_group_count=problem.problems * problem.groups,
        precision=problem.precision,
        preferred_element_type=problem.convolved_as,
    )
    return k[:, 0]


def _rows(window: Window) -> int:
    """Rows of the output."""
    return -(-window.output_length // window.dilation)


def _read(x: Array, window: Window) -> Array:
    rows = _rows(window) + window.kernel_size - 1
    return _in_rows(shifted(x, window.low, rows * window.dilation, axis=1), window)


def _sent(y: Array, window: Window) -> Array:
    return _in_rows(shifted(y, 0, _rows(window) * window.dilation, axis=1), window)


def _in_rows(a: Array, window: Window) -> Array:
    return a.reshape(a.shape[0], -1, window.dilation, a.shape[2])
