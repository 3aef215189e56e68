"""Params to and from Flax: the same arrays, except the kernel of a ConvTranspose with `transpose_kernel=False`."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from jconv import checks
from jconv.interop.arrays import as_params, check_bias


def from_flax(
    params: Mapping[str, Any], *, transposed: bool = False, transpose_kernel: bool = False, groups: int = 1
) -> dict[str, np.ndarray]:
    """The params of `conv1d` or `conv_transpose1d` from those of a Flax or `jconv.nnx` module.

    Args:
        params: "kernel" and, if there is one, "bias": arrays, Flax variables, or `nnx.state(module)`.
        transposed: whether the module is a ConvTranspose.
        transpose_kernel: the argument of that name that the ConvTranspose was built with.
        groups: its `feature_group_count`.

    Returns:
        "kernel" and "bias" as NumPy copies of the same dtype, for layout "NLC".

    Raises:
        TypeError, KeyError, ValueError: `params` does not hold a kernel and a bias of fitting shapes.

    >>> import numpy as np
    >>> kernel = np.arange(6.0).reshape(3, 1, 2)  # (width, in, out)
    >>> from_flax({"kernel": kernel}, transposed=True)["kernel"].tolist()  # (width, out, in), last tap first
    [[[4.0], [5.0]], [[2.0], [3.0]], [[0.0], [1.0]]]
    """
    return _converted(params, transposed, transpose_kernel, groups, to_flax=False)


def to_flax(
    params: Mapping[str, Any], *, transposed: bool = False, transpose_kernel: bool = False, groups: int = 1
) -> dict[str, np.ndarray]:
    """The params of a Flax or `jconv.nnx` module from those of `conv1d` or `conv_transpose1d`.

    Arguments and errors as in `from_flax`, whose inverse this is.

    >>> import numpy as np
    >>> from flax import nnx
    >>> from jconv.nnx import ConvTranspose1D
    >>> layer = ConvTranspose1D(2, 4, kernel_size=3, feature_group_count=2, use_bias=False, rngs=nnx.Rngs(0))
    >>> kernel = np.ones((3, 2, 2), np.float32)  # (width, out/groups, in)
    >>> nnx.update(layer, to_flax({"kernel": kernel}, transposed=True, groups=2))
    >>> layer.kernel.shape  # (width, in/groups, out)
    (3, 1, 4)
    """
    return _converted(params, transposed, transpose_kernel, groups, to_flax=True)


def _converted(
    params: Mapping[str, Any], transposed: bool, transpose_kernel: bool, groups: int, to_flax: bool
) -> dict[str, np.ndarray]:
    if transpose_kernel and not transposed:
        raise ValueError("`transpose_kernel` (=True) is an argument of a ConvTranspose; `transposed` must be True too")
    groups = checks.whole_number("groups", groups, minimum=1)
    params = as_params(params)
    kernel = params["kernel"]
    _, per_group, channels = kernel.shape
    if channels % groups:
        raise ValueError(f"`groups` (={groups}) must divide the last axis of the kernel, whose shape is {kernel.shape}")
    swapped = transposed and not transpose_kernel
    ends_in_output = not transposed or (swapped and not to_flax)
    outputs = channels if ends_in_output else per_group * groups
    shape = f"the kernel's is {kernel.shape}, `transposed`={transposed}, `groups`={groups}"
    check_bias('`params["bias"]`', params.get("bias"), {outputs}, shape)
    return {**params, "kernel": np.ascontiguousarray(flipped_and_swapped(kernel, groups))} if swapped else params


def flipped_and_swapped(kernel: Any, groups: int) -> Any:
    """Reverse the taps of a kernel and exchange its channel axes inside each group. Its own inverse.

    A convolution that scatters its input has the flipped kernel of the one that gathers it: `(width, a, groups * b)`
    becomes `(width, b, groups * a)`. Takes NumPy and JAX arrays.
    """
    width, first, channels = kernel.shape
    grouped = kernel[::-1].reshape(width, first, groups, channels // groups)
    return grouped.transpose(0, 3, 2, 1).reshape(width, channels // groups, groups * first)
