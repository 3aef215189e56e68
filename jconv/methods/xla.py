"""`jax.lax.conv_general_dilated`, kept away from the paddings that XLA gets wrong.

On CPU, XLA 0.10.2 and before compute a convolution with a negative low padding wrongly (openxla/xla#48713), and the
transpose of a padding larger than `span - 1` is one. So XLA is only ever handed paddings in `0 .. span - 1`; what is
left over is padded or cropped beforehand, or afterwards for the input face.
"""

import math

import jax.numpy as jnp
from jax import Array, lax

from jconv.methods.arrays import moved, shifted
from jconv.methods.problem import Method, Problem
from jconv.window import Window


def output(x: Array, k: Array, problem: Problem) -> Array:
    """A grouped convolution, the independent problems being groups as well."""
    window = problem.window
    low, high = _safe_padding(window)
    x = shifted(x, window.low - low, window.extent - low - high)
    y = lax.conv_general_dilated(
        _merged(x),
        _merged_kernel(k),
        window_strides=(window.stride,),
        padding=[(low, high)],
        rhs_dilation=(window.dilation,),
        dimension_numbers=("NWC", "WIO", "NWC"),
        feature_group_count=problem.problems * problem.groups,
        precision=problem.precision,
        preferred_element_type=problem.accumulate,
    )
    return _split(y, problem, problem.outputs)


def input_face(y: Array, k: Array, problem: Problem) -> Array:
    """A convolution of the stride-dilated `y` with the kernel reversed in time, its two channel axes swapped."""
    window = problem.window
    low, high = _safe_padding(window)
    reach = window.span - 1
    swapped = jnp.flip(_merged_kernel(jnp.swapaxes(k, 2, 4)), 0)
    x = lax.conv_general_dilated(
        _merged(y),
        swapped,
        window_strides=(1,),
        padding=[(reach - low, reach - high)],
        lhs_dilation=(window.stride,),
        rhs_dilation=(window.dilation,),
        dimension_numbers=("NWC", "WIO", "NWC"),
        feature_group_count=problem.problems * problem.groups,
        precision=problem.precision,
        preferred_element_type=problem.accumulate,
    )
    return shifted(_split(x, problem, problem.inputs), low - window.low, window.input_length)


def kernel_face(x: Array, y: Array, problem: Problem) -> Array:
    """A convolution of `x` with the stride-dilated `y` as kernel, batch and channels having changed places."""
    window = problem.window
    low, high = _safe_padding(window)
    x = shifted(x, window.low - low, window.extent - low - high)
    k = lax.conv_general_dilated(
        _merged(x),
        _merged(y),
        window_strides=(window.dilation,),
        padding=[(low, high)],
        rhs_dilation=(window.stride,),
        dimension_numbers=("CWN", "IWO", "WNC"),
        batch_group_count=problem.problems * problem.groups,
        precision=problem.precision,
        preferred_element_type=problem.accumulate,
    )  # (taps, inputs, problems * groups * outputs)
    k = k.reshape(window.kernel_size, problem.inputs, problem.problems, problem.groups, problem.outputs)
    return moved(k, 2, 0)


def _safe_padding(window: Window) -> tuple[int, int]:
    if not window.known:
        return 0, 0  # all of it is padded beforehand
    largest = window.span - 1
    low = min(max(window.low, 0), largest)
    return low, min(max(window.high, 0), largest)


def _merged(a: Array) -> Array:
    """(problems, batch, length, groups, channels) -> (batch, length, problems * groups * channels)."""
    a = moved(a, 0, 2)
    return a.reshape(*a.shape[:2], math.prod(a.shape[2:]))


def _split(a: Array, problem: Problem, channels: int) -> Array:
    """The inverse of `_merged`."""
    return moved(a.reshape(*a.shape[:2], problem.problems, problem.groups, channels), 2, 0)


def _merged_kernel(k: Array) -> Array:
    """(problems, taps, inputs, groups, outputs) -> (taps, inputs, problems * groups * outputs)."""
    k = moved(k, 0, 2)
    return k.reshape(*k.shape[:2], math.prod(k.shape[2:]))


def _operations(problem: Problem) -> float:
    """Groups and kernels of their own are known to be slow in the libraries that it calls."""
    return problem.multiplications * (1.0 if problem.groups * problem.problems == 1 else 2.0)


METHOD = Method(
    "xla",
    output,
    input_face,
    kernel_face,
    any_length=True,
    operations=_operations,
    unlisted="its gradients are up to 150 times slower inside a loop on CPU",
)
