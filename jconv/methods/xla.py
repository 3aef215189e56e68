"""`jax.lax.conv_general_dilated`, kept away from the paddings that XLA gets wrong.

On CPU, XLA 0.10.2 and before compute a convolution with a negative low padding wrongly (openxla/xla#48713), and the
transpose of a padding larger than `span - 1` is one. So XLA is only ever handed paddings in `0 .. span - 1`; what is
left over is padded or cropped beforehand, or afterwards for the input face.
"""

import math

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jconv import accelerators
from jconv.accelerators import Work, filled_up
from jconv.methods import dilated_rows
from jconv.methods.arrays import moved, shifted
from jconv.methods.problem import ACCELERATORS, Face, Method, Problem
from jconv.window import Window


def output(x: Array, k: Array, problem: Problem) -> Array:
    """A grouped convolution, the independent problems being groups as well."""
    window = problem.window
    if dilated_rows.suits(problem):
        return _split(dilated_rows.output(_merged(x), _merged_kernel(k), problem), problem, problem.outputs)
    low, high = _safe_padding(window)
    if problem.platform in ACCELERATORS and window.low == low and window.high > -window.stride:
        # no window reads the last positions of a stride: a GPU copies x to crop them, or to pad two sides unequally
        high = low if window.high <= low < window.high + window.stride else max(window.high, 0)
    else:
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
        preferred_element_type=problem.convolved_as,
    )
    return _split(y, problem, problem.outputs)


def input_face(y: Array, k: Array, problem: Problem) -> Array:
    """A convolution of the stride-dilated `y` with the kernel reversed in time, its two channel axes swapped."""
    window = problem.window
    low, high = _safe_padding(window)
    reach = window.span - 1
    swapped = jnp.flip(_merged_kernel(jnp.swapaxes(k, 2, 4)), 0)
    if dilated_rows.suits(problem):
        return _split(dilated_rows.input_face(_merged(y), swapped, problem), problem, problem.inputs)
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
        preferred_element_type=problem.convolved_as,
    )
    return shifted(_split(x, problem, problem.inputs), low - window.low, window.input_length)


def kernel_face(x: Array, y: Array, problem: Problem) -> Array:
    """A convolution of `x` with the stride-dilated `y` as kernel, batch and channels having changed places."""
    window = problem.window
    if dilated_rows.suits(problem):
        return _split_kernel(dilated_rows.kernel_face(_merged(x), _merged(y), problem), problem)
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
        preferred_element_type=problem.convolved_as,
    )  # (taps, inputs, problems * groups * outputs)
    return _split_kernel(k, problem)


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


def beyond_vmem(problem: Problem) -> bool:
    """Whether signals with a group's channels on the lanes of a TPU do not fit into its memory on the chip."""
    return problem.traffic_in_lanes(1) > accelerators.VMEM


def _split_kernel(k: Array, problem: Problem) -> Array:
    """The inverse of `_merged_kernel`."""
    k = k.reshape(*k.shape[:2], problem.problems, problem.groups, problem.outputs)
    return moved(k, 2, 0)


def _refuses(problem: Problem) -> str | None:
    if problem.on_gpu and np.issubdtype(problem.accumulate, np.integer):
        return f"XLA has no convolution of integers on a GPU; x and kernel are {problem.dtype.name}"
    return None


def work(face: Face, problem: Problem) -> Work:
    """What XLA's convolution is on an accelerator: on a GPU a call of a library."""
    return _work_on_tpu(face, problem) if problem.platform == "tpu" else _work_on_gpu(problem)


def _work_on_gpu(problem: Problem) -> Work:
    """The library's kernels for few channels a group are reported 10 times off the memory rate (pytorch#75747)."""
    window, many = problem.window, problem.groups * problem.problems > 1
    kernels, times, off = 2.0, 1.0, 1.2 if many else 1.0
    if problem.inputs * problem.outputs <= accelerators.FEW_PAIRS and many:
        off = accelerators.LIBRARY_OFF
    if problem.problems > 1:  # its axis is moved to the channels and back
        kernels, times = kernels + 2, times + 2
    if window.dilation > 1:
        kernels, times = kernels + 1, times + 1
    if problem.convolved_as.itemsize > problem.dtype.itemsize:  # XLA converts both operands before
        kernels, times = kernels + 2, times + 4
    filled = filled_up(problem.inputs, accelerators.ALIGNED) * filled_up(problem.outputs, accelerators.ALIGNED)
    if window.dilation > 1 and not dilated_rows.suits(problem):
        filled *= window.span / window.kernel_size
    return Work(kernels, off * times * problem.least_traffic, off * filled * problem.multiplications)


def _work_on_tpu(face: Face, problem: Problem) -> Work:
    """Channels are filled up to the matrix unit's width; depthwise kernels have an emitter of their own."""
    traffic = 2 * problem.traffic_in_lanes(problem.groups)
    if problem.inputs * problem.outputs <= accelerators.FEW_PAIRS and problem.groups * problem.problems > 1:
        traffic = 2 * problem.traffic_in_lanes(problem.groups * problem.problems)
        slower = accelerators.DEPTHWISE_KERNEL if face == "kernel" else accelerators.DEPTHWISE
        if problem.problems > 1 and face != "input":
            slower *= accelerators.KERNELS_OF_THEIR_OWN
        return Work(3, traffic, sums=slower * problem.multiplications)
    if problem.groups > 1 and beyond_vmem(problem):
        traffic = 1.5 * accelerators.LONG_GROUPS / problem.dtype.itemsize * problem.traffic_in_lanes(1)
    filled = filled_up(problem.inputs, accelerators.LANES) * filled_up(problem.outputs, accelerators.LANES)
    if face == "input":
        filled *= problem.window.stride  # zeros between the entries of y
    if problem.problems > 1:
        filled *= accelerators.KERNELS_OF_THEIR_OWN
    return Work(4, traffic, filled * problem.multiplications)


METHOD = Method(
    "xla",
    output,
    input_face,
    kernel_face,
    _refuses,
    any_length=True,
    work=work,
    unlisted="its gradients are up to 150 times slower inside a loop on CPU",
)
