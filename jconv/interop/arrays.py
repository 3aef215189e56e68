"""Any library's arrays as NumPy arrays, and checks that a kernel and a bias fit."""

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np

from jconv import checks
from jconv.foreign import how_to_convert


def as_numpy(name: str, value: Any) -> np.ndarray:
    """A contiguous NumPy copy of a NumPy or JAX array, a Flax variable, or a PyTorch tensor on any device.

    A copy, because a view would follow the next optimiser step of the tensor it came from.

    Raises:
        TypeError: `value` is none of these, or does not hold numbers.
    """
    if hasattr(value, "detach"):
        if str(value.dtype) == "torch.bfloat16":  # NumPy refuses it; float32 holds every bfloat16 exactly
            return value.float().numpy(force=True).astype(jnp.bfloat16)
        value = value.numpy(force=True)
    if not hasattr(value, "__array__"):
        raise TypeError(f"{name} ({checks.shown(value)}) must be an array or a tensor{how_to_convert(value)}")
    array = np.array(value, order="C")
    if not jnp.issubdtype(array.dtype, jnp.number):
        raise TypeError(f"{name} (of {array.dtype}) must hold numbers")
    return array


def as_params(params: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Check params and copy them to NumPy arrays.

    Raises:
        TypeError: not a mapping of arrays.
        KeyError: there is no "kernel".
        ValueError: there is something besides "kernel" and "bias", or a shape does not fit.
    """
    mapping("params", params)
    if "kernel" not in params:
        raise KeyError(f'`params` must have a "kernel"; it has {list(params)}')
    unknown = [key for key in params if key not in ("kernel", "bias")]
    if unknown:
        raise ValueError(f'`params` must have "kernel" and, if there is one, "bias"; it has {unknown} too')
    kernel = as_numpy('`params["kernel"]`', params["kernel"])
    if kernel.ndim != 3:
        raise ValueError(
            f'`params["kernel"]` must have 3 axes, (width, per group, channels); its shape is {kernel.shape}'
        )
    if params.get("bias") is None:
        return {"kernel": kernel}
    return {"kernel": kernel, "bias": as_numpy('`params["bias"]`', params["bias"])}


def mapping(name: str, value: Any) -> None:
    """Raise TypeError unless `value` is a mapping."""
    if not isinstance(value, Mapping):
        raise TypeError(
            f"`{name}` (a {type(value).__name__}) must be a mapping of names to arrays{how_to_convert(value)}"
        )


def check_bias(name: str, bias: np.ndarray | None, allowed: set[int], kernel: str) -> None:
    """Raise ValueError unless `bias` is None or one axis of an allowed length; `kernel` words the kernel's shape."""
    if bias is not None and (bias.ndim != 1 or bias.shape[0] not in allowed):
        wanted = " or ".join(f"({count},)" for count in sorted(allowed))
        raise ValueError(f"{name} (of shape {bias.shape}) must have shape {wanted}; {kernel}")


def output_counts(shape: tuple[int, ...]) -> set[int]:
    """The output channels that a kernel `(width, per group, channels)` can have.

    `channels` if it is that of a convolution; for a transposed one `per group * g`, g being any divisor of `channels`.
    """
    _, per_group, channels = shape
    return {channels} | {per_group * g for g in range(1, channels + 1) if channels % g == 0}
